// How long the page's socket is waited for. Pure numbers; socket.ts keeps the timers.

/**
 * How much hangs on the line. In the queue as in a call the server gives a lost page 15 s, so a dead socket must be
 * noticed well before; in a call every second is a frozen picture.
 */
export type Pace = 'calm' | 'queue' | 'call';

/** A socket is proven alive this often. */
export const PING_MS: Readonly<Record<Pace, number>> = { calm: 5_000, queue: 2_000, call: 1_000 };
/** After a hint that the network changed, an answer must come within this time. */
export const PROBE_MS = 1_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;
const LONGEST_URGENT_PAUSE_MS = 1_000;
const OPENING_MS = 6_000;
const OPENING_URGENT_MS = 2_000;
/** A server that let the socket in is there: its first view may take longer than the way to it. */
export const GREETING_MS = 3_000;

export interface Opening {
  /** Attempts since the last socket that stood. */
  attempts: number;
  pace: Pace;
  /** How long the last socket took to stand; null before the first. */
  lastTookMs: number | null;
}

/** Three answers missed: nothing was heard for so long, and the socket counts as dead. */
export function deadAfterMs(pace: Pace): number {
  return 3 * PING_MS[pace];
}

/**
 * Upgrade, hello and first view must fit into this. On a dead path the first packet of a connection is lost, and
 * the system repeats it after 1, 3, 7 s: a new attempt every 2 s finds the path again sooner. Every fourth one may
 * take longer, or a slow network would never come through.
 */
export function openingLimitMs({ attempts, pace, lastTookMs }: Opening): number {
  if (pace === 'calm') return OPENING_MS;
  const usual = Math.max(OPENING_URGENT_MS, 2 * (lastTookMs ?? 0));
  return Math.min(OPENING_MS, attempts % 4 === 3 ? 2 * usual : usual);
}

/** Before the next attempt. One that ran out of time has waited enough where it presses. */
export function pauseMs({ attempts, pace }: Opening, timedOut: boolean, random: number): number {
  const urgent = pace !== 'calm';
  if (urgent && timedOut) return 0;
  const longest = urgent ? LONGEST_URGENT_PAUSE_MS : LONGEST_PAUSE_MS;
  const pause = Math.min(longest, FIRST_PAUSE_MS * 2 ** Math.min(attempts, 10));
  return pause * (0.5 + random / 2);
}
