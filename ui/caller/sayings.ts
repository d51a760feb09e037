// Something that the page says once on a socket while it is wanted, such as the hang-up: the server's next view
// shows that it was taken. When the server had to answer that it cannot now, it is said again, at a limited pace.

import type { ErrorCode } from '$generated';

/** Between two times on one socket. */
export const AGAIN_MS = 1_000;

/** The server could not take what was said, but may soon. */
export function passing(code: ErrorCode): boolean {
  return code === 'unavailable' || code === 'rate_limited' || code === 'internal';
}

export class Saying {
  private saidAt: number | null = null;
  private refused = false;

  /** Says it if it is due. What is not wanted any more may be said anew later. */
  say(wanted: boolean, now: number, send: () => boolean): void {
    if (!wanted) {
      this.forget();
      return;
    }
    const due = this.saidAt === null || (this.refused && now - this.saidAt >= AGAIN_MS);
    if (due && send()) [this.saidAt, this.refused] = [now, false];
  }

  /** A new socket knows nothing of it. */
  forget(): void {
    [this.saidAt, this.refused] = [null, false];
  }

  /** The server told of a problem. A problem does not say what it answers, so it may have been this. */
  problem(code: ErrorCode): void {
    if (passing(code)) this.refused = true;
  }
}
