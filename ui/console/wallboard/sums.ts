// Sums over pools, as the wallboard shows them.
import type { PoolNow, ServiceFigures } from '$generated';

export interface Sums {
  waiting: number;
  inCall: number;
  available: number;
  longestMs: number | null;
  /** Somebody waits longer than a call should. */
  late: boolean;
  levelNow: number | null;
  levelToday: number | null;
}

/** How long the oldest call of a pool waits; null when none does. */
export function longestMs(pool: PoolNow, now: number): number | null {
  const oldest = pool.oldest[0];
  return oldest ? Math.max(0, now - Date.parse(oldest.since)) : null;
}

export function isLate(pool: PoolNow, now: number): boolean {
  return (longestMs(pool, now) ?? 0) > pool.now.within_s * 1_000;
}

/** Answered in time ÷ offered, over several lines; null when nothing was offered. */
export function level(figures: readonly ServiceFigures[]): number | null {
  const offered = figures.reduce((sum, one) => sum + one.offered, 0);
  return offered === 0 ? null : figures.reduce((sum, one) => sum + one.answered_within, 0) / offered;
}

export function summed(pools: readonly PoolNow[], now: number): Sums {
  const add = (of: (pool: PoolNow) => number): number => pools.reduce((sum, pool) => sum + of(pool), 0);
  const waits = pools.map((pool) => longestMs(pool, now)).filter((wait) => wait !== null);
  return {
    waiting: add((pool) => pool.calls.waiting),
    inCall: add((pool) => pool.calls.in_call + pool.calls.reconnecting + pool.calls.connecting),
    available: add((pool) => pool.agents.available),
    longestMs: waits.length === 0 ? null : Math.max(...waits),
    late: pools.some((pool) => isLate(pool, now)),
    levelNow: level(pools.map((pool) => pool.now)),
    levelToday: level(pools.map((pool) => pool.today)),
  };
}
