// When to mend the media path, and how. Order of the measured ways (facts: 35 ms after the path is back when
// nothing is done, 0.4–2 s with an ICE restart, 0.45 s with a new connection): wait, restart, begin anew.

export interface PathState {
  /** ms since this peer connection made its first offer. */
  ageMs: number;
  /** The workstation has answered the newest offer. */
  answered: boolean;
  /** ms since the last media packet on any connection of this assignment; null before the first. */
  mediaAgeMs: number | null;
  /** ms since the last mending step of this connection; null when there was none. */
  mendedMs: number | null;
  /** ICE restarts of this connection so far. */
  restarts: number;
  failed: boolean;
  /** Signalling is up: without it nothing can be negotiated. */
  linkUp: boolean;
}

export type Step = 'wait' | 'restart_ice' | 'new_connection';

const STALL_MS = 2_500;
const FIRST_MEDIA_MS = 6_000;
const BETWEEN_STEPS_MS = 5_000;
const UNANSWERED_MS = 10_000;

export function step(path: PathState): Step {
  if (!path.linkUp) return 'wait';
  if (!path.answered) {
    // The offer lies in the mailbox; only a workstation that lost its memory needs another one.
    const sinceOffer = path.mendedMs ?? path.ageMs;
    return sinceOffer > UNANSWERED_MS ? 'new_connection' : 'wait';
  }
  const stalled =
    path.failed ||
    (path.mediaAgeMs === null ? path.ageMs > FIRST_MEDIA_MS : path.mediaAgeMs > STALL_MS && path.ageMs > STALL_MS);
  if (!stalled) return 'wait';
  if (path.mendedMs !== null && path.mendedMs < BETWEEN_STEPS_MS) return 'wait';
  return path.restarts === 0 ? 'restart_ice' : 'new_connection';
}
