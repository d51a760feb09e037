// Takes the witness frame when the server asks for it, and brings it to the server; goes on when the call ends
// meanwhile. What is not delivered in time waits for the server to ask again, as it does on a new socket.

import { Asks, judge, outlives, tryLimitMs, type Outcome } from './witness';

export interface WitnessPorts {
  /** A picture of the camera that is sent; null without one. */
  frame: () => Promise<Blob | null>;
  /** Delivers; rejects when nothing was heard within `limitMs`. */
  post: (nonce: string, picture: Blob, options: { limitMs: number; outlives: boolean }) => Promise<{ status: number }>;
  /** Monotonic, ms. */
  now: () => number;
  pause: (ms: number) => Promise<void>;
}

export type Sent = 'repeated' | 'no_picture' | 'delivered' | 'given_up' | 'refused';

export class WitnessSender {
  private readonly asks = new Asks();
  /** The picture that did not arrive: asked again, it is the one of the moment that counts. */
  private kept: { nonce: string; picture: Blob } | null = null;

  constructor(private readonly ports: WitnessPorts) {}

  async asked(assignment: number, nonce: string): Promise<Sent> {
    if (!this.asks.take(assignment, nonce)) return 'repeated';
    const picture = this.kept?.nonce === nonce ? this.kept.picture : await this.ports.frame();
    const sent = picture ? await this.deliver(nonce, picture) : 'no_picture';
    const failed = sent === 'no_picture' || sent === 'given_up';
    this.asks.set(assignment, nonce, failed ? 'failed' : sent);
    this.kept = picture && failed ? { nonce, picture } : null;
    return sent;
  }

  private async deliver(nonce: string, picture: Blob): Promise<'delivered' | 'given_up' | 'refused'> {
    const began = this.ports.now();
    const spent = (): number => this.ports.now() - began;
    for (let tries = 0; ; ) {
      const outcome = await this.attempt(nonce, picture, tryLimitMs(tries, spent()));
      tries += 1;
      const verdict = judge(outcome, tries, spent());
      if (verdict.what === 'again') await this.ports.pause(verdict.pauseMs);
      else return verdict.what === 'done' ? 'delivered' : verdict.what;
    }
  }

  private async attempt(nonce: string, picture: Blob, limitMs: number): Promise<Outcome> {
    try {
      return await this.ports.post(nonce, picture, { limitMs, outlives: outlives(picture.size) });
    } catch {
      return 'unheard';
    }
  }
}

/** `POST /v1/caller/witness?nonce=…`; the call's secret goes in a header, never in an address. */
export function postWitness(token: string): WitnessPorts['post'] {
  return async (nonce, picture, options) => {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), options.limitMs);
    try {
      const { status } = await fetch(`/v1/caller/witness?nonce=${encodeURIComponent(nonce)}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'image/jpeg' },
        body: picture,
        keepalive: options.outlives,
        signal: limit.signal,
      });
      return { status };
    } finally {
      clearTimeout(timer);
    }
  };
}
