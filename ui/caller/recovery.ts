// When to mend the media path of a call, and how. Pure: what is seen goes in, one step comes out; peer.ts does it.
//
// Measured (Chromium against the workstation): a path that comes back at the same address brings the picture
// after 50–170 ms when nothing is done; an ICE restart takes 0.3 s, a new connection 0.45 s. But where the browser
// has seen its network go, a new connection finds no address until it believes that there is a network again
// (1.5–3.5 s on a desktop), while a restart works at once. So: wait while nothing can be negotiated, restart ICE
// once, then begin anew, again and again for as long as the call lasts.

/** What is seen of the media path. Ages in ms; null where there is nothing (yet). */
export interface PathState {
  /** The server was heard in the last moments: signals get through. */
  linkUp: boolean;
  /** Since the server was last heard; null before the first time. */
  silentMs: number | null;
  /** Since the address may have changed: the system said so, or the socket came up again after a loss. */
  hintMs: number | null;
  /** The system itself says that the network is another one. */
  moved: boolean;
  /** Since the agent's side was told to be back after it was lost; its program may have begun anew. */
  agentBackMs: number | null;

  /** Since the newest offer of this peer connection went out. */
  offeredMs: number;
  /** The workstation has answered it. */
  answered: boolean;
  /** This connection was connected once. */
  wasConnected: boolean;
  /** ICE has given up; a restart may help. */
  iceFailed: boolean;
  /** Nothing can help this connection (DTLS failed, or it is closed). */
  broken: boolean;

  /** Since the last media packet came in, on any connection of this assignment. */
  inMs: number | null;
  /** Since the workstation last had media from here, as it says; null while it says nothing. */
  outMs: number | null;
  /** Media is being sent, so that its absence over there means something. */
  sending: boolean;
  /** For so long media has been sent without a pause; what the workstation missed before means nothing. */
  sendingMs: number | null;
  /** Since the last picture of the agent was decoded; null before the first. Voice may go on without it. */
  pictureInMs: number | null;
  /** Since the last own picture was encoded and sent; null while none is expected (camera covered, no camera). */
  pictureOutMs: number | null;

  /** Mends of this loss so far. */
  tries: number;
  /** Since the newest of them, or since its offer was answered; null when there was none. */
  triedMs: number | null;
}

export type Step = 'wait' | 'restart_ice' | 'new_connection';

/** Media older than this is a loss that does not mend by itself. */
export const STALL_MS = 2_500;
/** The same when the address may have changed: voice alone is 50 packets a second. */
export const STALL_AFTER_HINT_MS = 600;
/** The server speaks twice a second: heard so long after the last media, the line has outlived the path. */
export const HEARD_AFTER_MS = 100;
/** For so long a hint makes impatient. */
export const HINT_HOLDS_MS = 12_000;
/** So long media may take after the line is up again. Measured at the same address: 0.43–0.48 s by itself. */
export const GRACE_MS = 600;
/** The same when the address is another: by itself nothing will come. */
export const GRACE_MOVED_MS = 250;
/** The workstation reports twice a second, and the server passes it on as often: a report is as old as this. */
export const REPORT_MS = 1_000;
/** Packets come, but no picture: a decoder or encoder that got stuck. */
export const PICTURE_MS = 4_000;
/** A picture that does not come back by new connections is not taken for a fault of the path for ever. */
const PICTURE_TRIES = 2;
/** A first connection may be without media for so long. */
export const FIRST_MEDIA_MS = 4_000;
/** The offer lies in the mailbox; only a workstation that lost its memory needs another one. */
export const UNANSWERED_MS = 4_000;
/** A connection that breaks at once is not made again at once. */
export const BROKEN_MS = 1_000;
export const AFTER_RESTART_MS = 2_500;
export const AFTER_NEW_MS = 3_000;
/** Patience grows with every try on a slow network, but not beyond this. */
export const LONGEST_PATIENCE_MS = 8_000;

export function step(path: PathState): Step {
  if (!path.linkUp) return 'wait';
  return path.tries === 0 ? first(path) : again(path);
}

/** Whether the newest mend (or the network itself) has helped: media both ways, as far as anybody can say. */
export function healed(path: PathState): boolean {
  return packetsFlow(path) && !pictureStuck(path);
}

function packetsFlow({ inMs, outMs, sending, triedMs }: PathState): boolean {
  const since = triedMs ?? STALL_MS;
  const wayOut = !sending || outMs === null || outMs < Math.max(since, STALL_AFTER_HINT_MS);
  return inMs !== null && inMs < Math.min(since, STALL_AFTER_HINT_MS) && wayOut;
}

function pictureStuck({ pictureInMs, pictureOutMs }: Pick<PathState, 'pictureInMs' | 'pictureOutMs'>): boolean {
  return (pictureInMs ?? 0) >= PICTURE_MS || (pictureOutMs ?? 0) >= PICTURE_MS;
}

/** Whether a person must be told that the picture stands still, and which way. */
export function frozen(path: PathState): 'in' | 'out' | null {
  const { inMs, pictureInMs, pictureOutMs } = path;
  if ((inMs ?? 0) >= STALL_MS || (pictureInMs ?? 0) >= PICTURE_MS) return 'in';
  return missedMs(path) >= STALL_MS || (pictureOutMs ?? 0) >= PICTURE_MS ? 'out' : null;
}

/** For so long the workstation has got nothing of what is being sent. */
function missedMs({ outMs, sending, sendingMs }: PathState): number {
  return sending ? Math.min(outMs ?? 0, sendingMs ?? 0) : 0;
}

/** Nothing was tried since media last flowed. */
function first(path: PathState): Step {
  if (path.broken) return 'new_connection';
  if (!path.answered) return path.offeredMs > unansweredPatience(path) ? 'new_connection' : 'wait';
  if (!lost(path)) return packetsFlow(path) && pictureStuck(path) ? 'new_connection' : 'wait';
  // A workstation that began anew does not know the old connection.
  return path.wasConnected && path.agentBackMs === null ? 'restart_ice' : 'new_connection';
}

function lost(path: PathState): boolean {
  const { inMs, hintMs, agentBackMs } = path;
  if (path.iceFailed) return true;
  if (inMs === null) return path.offeredMs > FIRST_MEDIA_MS;
  const impatient = within(hintMs, HINT_HOLDS_MS) || within(agentBackMs, HINT_HOLDS_MS);
  const limit = impatient ? STALL_AFTER_HINT_MS : STALL_MS;
  if (inMs > limit) return outlived(path) && settled(path, grace(path));
  // What the workstation told before the line came up again is old.
  const limitOut = impatient ? STALL_AFTER_HINT_MS + REPORT_MS : STALL_MS;
  return missedMs(path) > limitOut && settled(path, REPORT_MS);
}

/**
 * The line is not lost together with the path. An offer made into a dead socket helps nobody: it is sent again when
 * there is a line, over a path that may have come back by itself.
 */
function outlived({ inMs, silentMs }: PathState): boolean {
  return inMs !== null && silentMs !== null && inMs - silentMs >= HEARD_AFTER_MS;
}

/** Something was tried and has not helped yet. */
function again(path: PathState): Step {
  const tried = path.triedMs ?? 0;
  if (path.broken && tried > grown(BROKEN_MS, path.tries - 1)) return 'new_connection';
  if (within(path.agentBackMs, tried) && settled(path, grace(path))) return 'new_connection';
  // Never a second offer on a connection whose first is unanswered: the answers could not be told apart. A line that
  // came up after the offer has just sent it again.
  if (!path.answered) return Math.min(tried, path.hintMs ?? tried) > unansweredPatience(path) ? 'new_connection' : 'wait';
  if (within(path.hintMs, tried) && settled(path, grace(path))) return path.wasConnected ? 'restart_ice' : 'new_connection';
  if (packetsFlow(path) && path.tries >= PICTURE_TRIES) return 'wait';
  const base = path.tries === 1 ? AFTER_RESTART_MS : AFTER_NEW_MS;
  return tried > grown(base, path.tries - 1) ? 'new_connection' : 'wait';
}

function unansweredPatience(path: PathState): number {
  // A workstation that reports nothing is away, and finds the offer when it is back.
  const away = path.outMs === null && path.inMs !== null;
  return away ? LONGEST_PATIENCE_MS : grown(UNANSWERED_MS, path.tries);
}

function grace(path: PathState): number {
  return path.moved ? GRACE_MOVED_MS : GRACE_MS;
}

/** The line and the agent have been back for long enough to show whether media comes by itself. */
function settled({ hintMs, agentBackMs }: PathState, ms: number): boolean {
  return !within(hintMs, ms) && !within(agentBackMs, ms);
}

function within(ms: number | null, limit: number): boolean {
  return ms !== null && ms < limit;
}

function grown(base: number, times: number): number {
  return Math.min(LONGEST_PATIENCE_MS, base * 1.5 ** Math.max(0, times));
}
