import { describe, expect, it } from 'vitest';
import { clockOf, hoursOf, spanOf, typedOf } from './hours';

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
});
