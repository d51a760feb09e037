import { describe, expect, it } from 'vitest';
import type { OpeningHours } from '$generated';
import { changesOf, clockOf, hoursOf, spanOf, typedOf } from './hours';

describe('opening hours', () => {
  it('are typed as times of day and sent as minutes', () => {
    expect(spanOf({ from: '08:00', to: '17:30' })).toEqual({ from: 480, to: 1050 });
    expect(clockOf(1050)).toBe('17:30');
  });

  it('reach into the next day when they close before they open, or at the same time', () => {
    expect(spanOf({ from: '22:00', to: '06:00' })).toEqual({ from: 1320, to: 1800 });
    expect(spanOf({ from: '00:00', to: '00:00' })).toEqual({ from: 0, to: 1440 });
  });

  it('come back as they went', () => {
    const hours = { weekly: Array.from({ length: 7 }, () => [{ from: 420, to: 1260 }]), holidays: { '2027-02-06': [], '2027-01-01': [{ from: 480, to: 720 }] } };
    expect(hoursOf(typedOf(hours))).toEqual(hours);
  });

  it('are not sent while a time is missing', () => {
    expect(hoursOf({ weekly: [[{ from: '', to: '10:00' }]], holidays: [] })).toBeNull();
    expect(hoursOf({ weekly: [], holidays: [{ day: '', spans: [] }] })).toBeNull();
  });

  const held: OpeningHours = { weekly: Array.from({ length: 7 }, () => [{ from: 480, to: 1020 }]), holidays: { '2027-01-01': [], '2027-01-02': [] } };

  it('are sent day by day, so that a holiday does not undo a week that is planned', () => {
    const holiday = { ...held, holidays: { '2027-01-01': [], '2027-01-03': [{ from: 480, to: 600 }] } };
    expect(changesOf(held, holiday)).toEqual({ 'hours.holidays.2027-01-02': null, 'hours.holidays.2027-01-03': [{ from: 480, to: 600 }] });
    const sunday = { ...held, weekly: held.weekly.map((day, n) => (n === 6 ? [] : day)) };
    expect(changesOf(held, sunday)).toEqual({ 'hours.weekly.sun': [] });
    expect(changesOf(held, held)).toEqual({});
  });

  it('are not sent while a day stands there twice', () => {
    const twice = { day: '2027-01-01', spans: [] };
    expect(hoursOf({ weekly: [], holidays: [twice, { ...twice }] })).toBeNull();
  });

  it('begin with the whole week, and end with null', () => {
    expect(Object.keys(changesOf(null, held))).toHaveLength(9);
    expect(changesOf(held, null)).toEqual({ hours: null });
    expect(changesOf(null, null)).toEqual({});
  });
});
