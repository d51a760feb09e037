// The page's socket: hello first, then views, signals, acks. It proves by itself that the server is heard, and
// comes back by itself until told to stop. It sends what it is told while open and keeps nothing: `onOpen` is
// where the owner says again what must not be lost.

import type { CallerToServer, ServerToCaller } from '$generated';
import { GREETING_MS, PING_MS, PROBE_MS, deadAfterMs, openingLimitMs, pauseMs, type Opening, type Pace } from './patience';

/** What of a WebSocket is used; tests bring their own. */
export interface Wire {
  onopen: (() => void) | null;
  onmessage: ((message: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  onerror: (() => void) | null;
  send(text: string): void;
  close(): void;
}

export interface LinkOptions {
  open: () => Wire;
  hello: () => Extract<CallerToServer, { type: 'hello' }>;
  ping: () => Extract<CallerToServer, { type: 'ping' }>;
  pace: () => Pace;
  /** From 0 to 1; for jitter. */
  random: () => number;
  /** Monotonic, ms. */
  now: () => number;
  onFrame: (frame: ServerToCaller) => void;
  /** The server has taken the hello: its first view is here. */
  onOpen: () => void;
  onLost: () => void;
}

/** An attempt younger than this is not begun anew because of a hint: it is made over the new network already. */
const YOUNG_MS = 300;
const MIN_LOOK_MS = 50;
/** For so long the hello of an abandoned attempt may still reach the server. */
const GHOST_MS = 20_000;

export class Link {
  private wire: Wire | null = null;
  private greeted = false;
  private running = false;
  private attempts = 0;
  private startedAt = 0;
  /** A hello went out, and nothing was heard since. */
  private saidHello = false;
  /** When an attempt was abandoned whose hello had gone out. */
  private ghostAt: number | null = null;
  private lastTookMs: number | null = null;
  private lastHeardAt: number | null = null;
  /** Ends an opening, or a pause. */
  private timer: ReturnType<typeof setTimeout> | null = null;
  private pinging: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly options: LinkOptions) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    this.attempts = 0;
    this.connect();
  }

  stop(): void {
    this.running = false;
    this.drop();
  }

  get open(): boolean {
    return this.greeted;
  }

  /** When the server was last heard, on any socket, by `now`; null before the first time. */
  get heardAt(): number | null {
    return this.lastHeardAt;
  }

  send(frame: CallerToServer): boolean {
    if (!this.greeted || !this.wire) return false;
    this.wire.send(JSON.stringify(frame));
    return true;
  }

  /** The network changed, or the machine slept: whatever socket there is belongs to the past. */
  hurry(): void {
    if (!this.running) return;
    const connecting = this.wire !== null && !this.greeted;
    if (connecting && this.options.now() - this.startedAt < YOUNG_MS) return;
    this.attempts = 0;
    const was = this.greeted;
    this.connect();
    if (was) this.options.onLost();
  }

  /** Something may have happened: the server must answer soon, or the socket counts as dead. */
  probe(): void {
    if (!this.running || !this.greeted) {
      this.hurry();
      return;
    }
    this.watch(PROBE_MS);
  }

  /** The pace has changed: the pings follow. */
  repace(): void {
    if (this.greeted) this.watch(null);
  }

  private connect(): void {
    this.drop();
    const wire = this.options.open();
    this.wire = wire;
    this.startedAt = this.options.now();
    wire.onopen = () => {
      this.saidHello = true;
      this.limit(Math.max(GREETING_MS, openingLimitMs(this.opening())));
      wire.send(JSON.stringify(this.options.hello()));
    };
    wire.onmessage = ({ data }) => this.heard(data);
    wire.onclose = wire.onerror = () => this.lost(false);
    this.limit(openingLimitMs(this.opening()));
  }

  private limit(ms: number): void {
    this.clearTimer();
    this.timer = setTimeout(() => this.lost(true), ms);
  }

  /** A hello of this very page that arrived late looks like a newer page to the server. */
  private byOwnGhost(): boolean {
    const ghostAt = this.ghostAt;
    this.ghostAt = null;
    return ghostAt !== null && this.options.now() - ghostAt < GHOST_MS;
  }

  private opening(): Opening {
    return { attempts: this.attempts, pace: this.options.pace(), lastTookMs: this.lastTookMs };
  }

  private heard(data: unknown): void {
    const frame = typeof data === 'string' ? parse(data) : null;
    if (!frame) return;
    this.lastHeardAt = this.options.now();
    // A hello that was answered is no ghost.
    this.saidHello = false;
    if (frame.type === 'replaced' && this.byOwnGhost()) {
      this.lost(false);
      return;
    }
    if (frame.type === 'view' && !this.greeted) {
      this.greeted = true;
      this.attempts = 0;
      this.lastTookMs = this.options.now() - this.startedAt;
      this.clearTimer();
      this.watch(null);
      this.options.onOpen();
    }
    this.options.onFrame(frame);
  }

  /** Pings at once, then at its pace; dead is who says nothing for three pings, or for `within` after this one. */
  private watch(within: number | null): void {
    if (this.pinging !== null) clearTimeout(this.pinging);
    this.send(this.options.ping());
    const askedAt = this.options.now();
    this.pinging = setTimeout(
      () => {
        const { pace, now } = this.options;
        const heard = this.lastHeardAt ?? askedAt;
        const dead = within === null ? now() - heard >= deadAfterMs(pace()) : heard < askedAt;
        if (dead) this.hurry();
        else this.watch(null);
      },
      within ?? this.nextLookMs(askedAt),
    );
  }

  /** At the next ping, or earlier if the socket would be dead by then. */
  private nextLookMs(at: number): number {
    const pace = this.options.pace();
    const left = deadAfterMs(pace) - (at - (this.lastHeardAt ?? at));
    return Math.max(MIN_LOOK_MS, Math.min(PING_MS[pace], left));
  }

  private lost(timedOut: boolean): void {
    const pause = pauseMs(this.opening(), timedOut, this.options.random());
    this.drop();
    if (!this.running) return;
    this.attempts += 1;
    this.options.onLost();
    if (this.running && this.wire === null) this.timer = setTimeout(() => this.connect(), pause);
  }

  private drop(): void {
    this.clearTimer();
    if (this.pinging !== null) clearTimeout(this.pinging);
    this.pinging = null;
    if (this.saidHello) this.ghostAt = this.options.now();
    this.saidHello = false;
    this.greeted = false;
    const wire = this.wire;
    this.wire = null;
    if (!wire) return;
    wire.onopen = wire.onmessage = wire.onclose = wire.onerror = null;
    wire.close();
  }

  private clearTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}

function parse(text: string): ServerToCaller | null {
  try {
    return JSON.parse(text) as ServerToCaller;
  } catch {
    return null;
  }
}
