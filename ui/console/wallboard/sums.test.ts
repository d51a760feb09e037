import { describe, expect, it } from 'vitest';
import type { PoolNow, ServiceFigures } from '$generated';
import { summed } from './sums';

const figures = (offered: number, answered_within: number): ServiceFigures => ({
  offered, answered: answered_within, answered_within, abandoned: 0, abandoned_within: 0, no_agent: 0, confirmed: 0, rejected: 0,
  within_s: 20, level_per_mille: null, level_patient_per_mille: null,
});
const pool = (waiting: number, since: string[], now: ServiceFigures): PoolNow => ({
  company: '1', name: 'Công ty 1', homes: ['1'],
  calls: { preparing: 0, waiting, offering: 0, connecting: 1, in_call: 2, reconnecting: 1, awaiting_evidence: 0 },
  oldest: since.map((at) => ({ call_id: '0', home: '1', since: at })),
  line: null,
  agents: { available: 3, paused: 0, ringing: 0, on_call: 0, wrap_up: 0, suspect: 0 },
  now, today: now,
});
const NOW = Date.parse('2026-11-23T07:05:00Z');

describe('sums of the wallboard', () => {
  it('weighs service levels by calls, not by companies', () => {
    const sums = summed([pool(0, [], figures(90, 90)), pool(0, [], figures(10, 0))], NOW);
    expect(sums.levelNow).toBeCloseTo(0.9);
  });

  it('knows no service level when nothing was offered, and no longest wait when nobody waits', () => {
    const sums = summed([pool(0, [], figures(0, 0))], NOW);
    expect([sums.levelNow, sums.longestMs, sums.late]).toEqual([null, null, false]);
  });

  it('takes the longest of all lines and says when it is over the limit', () => {
    const lines = [pool(1, ['2026-11-23T07:04:50Z'], figures(1, 1)), pool(2, ['2026-11-23T07:04:30Z', '2026-11-23T07:04:59Z'], figures(1, 1))];
    const sums = summed(lines, NOW);
    expect([sums.waiting, sums.longestMs, sums.late, sums.inCall]).toEqual([3, 30_000, true, 8]);
    expect(summed(lines.slice(0, 1), NOW).late).toBe(false);
  });
});
