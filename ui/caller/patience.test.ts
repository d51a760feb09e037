import { describe, expect, it } from 'vitest';
import { PING_MS, deadAfterMs, openingLimitMs, pauseMs, type Opening } from './patience';

const urgent = { pace: 'call', lastTookMs: 200 } as const;
const calm = { pace: 'calm', lastTookMs: 200 } as const;
const many = [0, 1, 2, 3, 4, 5, 6, 7, 8];

describe('how long a socket is waited for', () => {
  it('three answers missed are a dead socket: 3 s in a call, 6 s in the queue (the server gives 15 s), 15 s else', () => {
    expect([PING_MS.call, deadAfterMs('call')]).toEqual([1_000, 3_000]);
    expect(deadAfterMs('queue')).toBe(6_000);
    expect([PING_MS.calm, deadAfterMs('calm')]).toEqual([5_000, 15_000]);
  });

  it('in a call an attempt has 2 s, and now and then more, so that a slow network comes through', () => {
    expect(many.slice(0, 5).map((attempts) => openingLimitMs({ ...urgent, attempts }))).toEqual([2_000, 2_000, 2_000, 4_000, 2_000]);
    expect(openingLimitMs({ pace: 'call', attempts: 0, lastTookMs: 1_800 })).toBe(3_600);
    expect(openingLimitMs({ pace: 'queue', attempts: 3, lastTookMs: 5_000 })).toBe(6_000);
    expect(openingLimitMs({ ...calm, attempts: 0 })).toBe(6_000);
  });

  it('comes back with growing pauses: up to 8 s, in a call never more than 1 s', () => {
    const pauses = (of: Omit<Opening, 'attempts'>) => many.map((attempts) => pauseMs({ ...of, attempts }, false, 1));
    expect(pauses(calm)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000]);
    expect(pauses(urgent)).toEqual([250, 500, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000]);
    expect(pauseMs({ ...calm, attempts: 5 }, false, 0)).toBe(4_000);
  });

  it('an attempt that ran out of time in a call is followed by the next at once', () => {
    expect(pauseMs({ ...urgent, attempts: 4 }, true, 1)).toBe(0);
    expect(pauseMs({ ...calm, attempts: 4 }, true, 1)).toBe(4_000);
  });
});
