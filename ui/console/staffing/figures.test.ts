import { describe, expect, it } from 'vitest';
import { Failure } from '../data/api';
import { evenly, minuteWords, read, target, usual, wrong } from './figures';

describe('figures of the staffing screen', () => {
  it('reads numbers as people write them', () => {
    expect(['100', ' 12,5 ', '1 000', '0.8'].map(read)).toEqual([100, 12.5, 1000, 0.8]);
    expect(['', '-1', '1e3', '3m', '1.000,5'].map(read)).toEqual([null, null, null, null, null]);
  });

  it('sends shares, not percentages', () => {
    expect(target(usual)).toEqual({ service_level: 0.8, within_s: 20, shrinkage: 0.3, occupancy: 1 });
    expect(target({ ...usual, level: '99,9' })?.service_level).toBe(0.999);
    expect(target({ ...usual, within: '' })).toBeNull();
  });

  it('spreads a day over the half hours that are open', () => {
    const morning = evenly('08:00', '09:30');
    expect(morning?.indexOf(1)).toBe(16);
    expect(morning?.filter((weight) => weight === 1)).toHaveLength(3);
    expect(evenly('00:00', '00:00')?.every((weight) => weight === 1)).toBe(true);
    expect(evenly('18:00', '08:00')).toBeNull();
    expect(evenly('', '08:00')).toBeNull();
    expect(minuteWords(1_410)).toBe('23:30');
  });

  it('names the field that the server refuses', () => {
    const failure = new Failure(422, 'request_invalid', [{ field: 'aht', code: 'out_of_range' }]);
    expect(wrong('0', 'aht', failure)).toBeTruthy();
    expect(wrong('0', 'calls', failure)).toBeUndefined();
    expect(wrong('', 'patience', null, true)).toBeUndefined();
    expect(wrong('', 'calls', null)).toBeTruthy();
  });
});
