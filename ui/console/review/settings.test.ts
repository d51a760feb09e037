import { describe, expect, it } from 'vitest';
import type { ReviewSetting } from '$generated';
import { drawn, perMille, typedShare } from './settings';

const setting = (company: string | null, valid_from: string, share_per_mille: number): ReviewSetting => ({ company, share_per_mille, all_of_reasons: [], valid_from, changed_by: 'person:x', change_reason: 'x' });

describe('how much is drawn', () => {
  it('is told by company: what holds, and what is to come in its order', () => {
    const settings = [
      setting('10', '2027-02-01T00:00:00Z', 40),
      setting('2', '2027-01-01T00:00:00Z', 30),
      setting('2', '2027-01-01T00:00:00Z', 20),
      setting(null, '2026-06-01T00:00:00Z', 50),
      setting(null, '2026-01-01T00:00:00Z', 10),
    ];
    const found = drawn(settings, Date.parse('2026-11-23T00:00:00Z'));
    expect(found.map((one) => one.company)).toEqual([null, '2', '10']);
    expect(found[0]?.current?.share_per_mille).toBe(50);
    expect(found[1]?.current).toBeNull();
    expect(found[1]?.ahead.map((one) => one.share_per_mille), 'the later made one').toEqual([30]);
    expect(drawn([], 0)).toEqual([{ company: null, current: null, ahead: [] }]);
  });

  it('is typed in percent', () => {
    expect(['5', '2,5', '0.1', '100', '0'].map(perMille)).toEqual([50, 25, 1, 1000, 0]);
    for (const wrong of ['', '101', '1,25', '-1', 'mười', '100,1']) expect(perMille(wrong), wrong).toBeNull();
    expect([25, 1000, 0].map(typedShare)).toEqual(['2,5', '100', '0']);
  });
});
