import { describe, expect, it } from 'vitest';
import { step, type PathState } from './recovery';

const healthy: PathState = {
  ageMs: 60_000,
  answered: true,
  mediaAgeMs: 100,
  restartedMs: null,
  failed: false,
  linkUp: true,
};
const after = (over: Partial<PathState>) => step({ ...healthy, ...over });

describe('mending the path (F3)', () => {
  it('leaves a healthy path alone, and waits out a short gap', () => {
    expect(after({})).toBe('wait');
    expect(after({ mediaAgeMs: 2_000 })).toBe('wait');
  });

  it('restarts ICE after 2–3 s without media, or at once when the connection failed', () => {
    expect(after({ mediaAgeMs: 2_600 })).toBe('restart_ice');
    expect(after({ failed: true })).toBe('restart_ice');
  });

  it('does nothing while signalling is away', () => {
    expect(after({ mediaAgeMs: 9_000, linkUp: false, failed: true })).toBe('wait');
  });

  it('begins anew only after a restart has not helped', () => {
    expect(after({ mediaAgeMs: 5_000, restartedMs: 2_000 })).toBe('wait');
    expect(after({ mediaAgeMs: 8_000, restartedMs: 5_100 })).toBe('new_connection');
  });

  it('waits for the first answer, but not for ever', () => {
    const unanswered = { answered: false, mediaAgeMs: null };
    expect(after({ ...unanswered, ageMs: 9_000 })).toBe('wait');
    expect(after({ ...unanswered, ageMs: 10_100 })).toBe('new_connection');
  });

  it('mends an answered connection that never brought media', () => {
    expect(after({ mediaAgeMs: null, ageMs: 5_000 })).toBe('wait');
    expect(after({ mediaAgeMs: null, ageMs: 6_100 })).toBe('restart_ice');
  });
});
