// The witness frame: at the moment of the capture the server asks for one picture of the page's own camera, as proof
// that does not come from the workstation. Here is what is decided, pure: which asks are new, how large the picture
// is, and when it is sent again. Taking and sending: frame.ts, witness-sender.ts.

/** The server takes no more. */
export const MAX_BYTES = 1024 * 1024;
/** Browsers let so little outlive its page; most pictures of a phone's camera fit. */
const OUTLIVES_BYTES = 60_000;
const LONGEST_SIDE = 1_280;
/** From the first try to the end of the last. Later the call's evidence is on the server already. */
export const PATIENCE_MS = 10_000;
/** Pause before the second and the third try. */
const PAUSES_MS = [400, 1_200];
/** A try may hang on a dead connection: the first must leave time for another. */
const FIRST_TRY_MS = 5_000;
/** An assignment is asked once; more come only from a server that began anew, or from a fault. */
const REMEMBERED = 8;

/** Longest side and JPEG quality, tried in this order until the picture is small enough. */
export const SIZES: readonly { longest: number; quality: number }[] = [
  { longest: LONGEST_SIDE, quality: 0.85 },
  { longest: LONGEST_SIDE, quality: 0.65 },
  { longest: 960, quality: 0.65 },
  { longest: 640, quality: 0.6 },
];

export interface Shape {
  width: number;
  height: number;
}

/** The shape of a picture whose longest side is at most `longest`; never enlarged. */
export function fit({ width, height }: Shape, longest: number): Shape {
  const scale = Math.min(1, longest / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Whether the request may outlive the page: the app closes it soon after the call. */
export function outlives(bytes: number): boolean {
  return bytes <= OUTLIVES_BYTES;
}

/** What became of an ask. `open`: a picture is being taken or sent; `failed`: ask me again. */
export type Standing = 'open' | 'delivered' | 'failed' | 'refused';

/** What became of which ask: the server repeats one on every new socket until it has a picture. */
export class Asks {
  private readonly known = new Map<string, Standing>();

  /** True if a picture is to be sent: it never was asked for, or did not arrive. */
  take(assignment: number, nonce: string): boolean {
    const key = `${assignment}/${nonce}`;
    const standing = this.known.get(key);
    if (nonce === '' || (standing !== undefined && standing !== 'failed')) return false;
    this.set(assignment, nonce, 'open');
    return true;
  }

  set(assignment: number, nonce: string, standing: Standing): void {
    this.known.set(`${assignment}/${nonce}`, standing);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= REMEMBERED) break;
      this.known.delete(oldest);
    }
  }
}

/** How a try ended: the server's status, or nothing was heard. */
export type Outcome = { status: number } | 'unheard';

export type Verdict = { what: 'done' } | { what: 'refused' } | { what: 'given_up' } | { what: 'again'; pauseMs: number };

/** `tries`: ended so far, at least 1; `spentMs`: since the first began. */
export function judge(outcome: Outcome, tries: number, spentMs: number): Verdict {
  if (outcome !== 'unheard') {
    const { status } = outcome;
    // Held already: an earlier try arrived though its answer did not.
    if ((status >= 200 && status < 300) || status === 409) return { what: 'done' };
    if (status < 500 && status !== 408 && status !== 429) return { what: 'refused' };
  }
  const pauseMs = PAUSES_MS[tries - 1];
  if (pauseMs === undefined || spentMs + pauseMs >= PATIENCE_MS) return { what: 'given_up' };
  return { what: 'again', pauseMs };
}

/** How long the next try may take. */
export function tryLimitMs(tries: number, spentMs: number): number {
  const left = Math.max(0, PATIENCE_MS - spentMs);
  return tries === 0 ? Math.min(FIRST_TRY_MS, left) : left;
}
