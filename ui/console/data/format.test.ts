import { describe, expect, it } from 'vitest';
import { language } from '$design/text/language.svelte';
import * as format from './format';
import { patience } from './patience';

describe('times and numbers', () => {
  it('shows Vietnam’s time whatever the machine’s zone is', () => {
    expect(format.dateTimeExact('2026-11-23T17:30:05Z')).toBe('24/11/2026 00:30:05');
    expect(format.dateTime('2026-11-23T07:05:00Z')).toBe('23/11/2026 14:05');
    expect(format.dayOf('2026-11-23T17:30:05Z')).toBe('2026-11-24');
    expect(Date.parse(format.startOfDay('2026-11-24'))).toBe(Date.parse('2026-11-23T17:00:00Z'));
    expect(Date.parse(format.momentOf('2026-12-01T08:00'))).toBe(Date.parse('2026-12-01T01:00:00Z'));
    expect(format.shiftDay('2026-12-31', 1)).toBe('2027-01-01');
  });

  it('separates numbers as the language does', () => {
    language.choose('vi');
    expect([format.number(1234567), format.number(7.835937, 2), format.percent(0.8883)]).toEqual(['1.234.567', '7,84', '88,8 %']);
    expect([format.percent(0.99998), format.percent(1), format.percent(0.0001), format.percent(0)]).toEqual(['99,9 %', '100,0 %', '< 0,1 %', '0,0 %']);
    language.choose('en');
    expect(format.number(1234.5, 1)).toBe('1,234.5');
    language.choose('vi');
  });

  it('counts minutes and hours', () => {
    expect([format.duration(247_000), format.duration(3_729_000), format.duration(null)]).toEqual(['4:07', '1:02:09', '–']);
    expect([125_000, 60_000, 7_200_000].map(format.durationWords)).toEqual(['2 phút 5 giây', '1 phút', '2 giờ']);
  });
});

describe('a line that broke', () => {
  it('is tried again ever more slowly, up to a bound', () => {
    const waits = [1, 2, 3, 4, 5, 6, 60].map(patience);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits.at(-1)).toBe(15_000);
  });
});
