import { describe, expect, it } from 'vitest';
import { niceMost } from './scale';

describe('the end of an axis', () => {
  it('is round and never below the largest value', () => {
    for (const value of [0.04, 0.7, 1, 3, 24, 26, 99, 101, 3120]) expect(niceMost(value)).toBeGreaterThanOrEqual(value);
    expect([niceMost(24), niceMost(26), niceMost(99), niceMost(0)]).toEqual([25, 50, 100, 1]);
  });
});
