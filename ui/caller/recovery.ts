// When to mend the media path, and how. Order of the measured ways (35 ms after the path is back when nothing
// is done, 0.4–2 s with an ICE restart, 0.45 s with a new connection): wait, restart, begin anew.

export interface PathState {
  /** ms since this peer connection was made. */
  ageMs: number;
  /** The workstation has answered the newest offer. */
  answered: boolean;
  /** ms since the last media packet on this connection; null before its first. */
  mediaAgeMs: number | null;
  /** ms since the last ICE restart that has not brought media yet; null when there was none. */
  restartedMs: number | null;
  failed: boolean;
  /** Signalling is up: without it nothing can be negotiated. */
  linkUp: boolean;
}

export type Step = 'wait' | 'restart_ice' | 'new_connection';

const STALL_MS = 2_500;
const FIRST_MEDIA_MS = 6_000;
const AFTER_RESTART_MS = 5_000;
/** The offer lies in the mailbox; only a workstation that lost its memory needs another one. */
const UNANSWERED_MS = 10_000;

export function step(path: PathState): Step {
  if (!path.linkUp) return 'wait';
  if (path.restartedMs !== null) return path.restartedMs > AFTER_RESTART_MS ? 'new_connection' : 'wait';
  if (!path.answered) return path.ageMs > UNANSWERED_MS ? 'new_connection' : 'wait';
  const stalled = path.mediaAgeMs === null ? path.ageMs > FIRST_MEDIA_MS : path.mediaAgeMs > STALL_MS;
  return path.failed || stalled ? 'restart_ice' : 'wait';
}
