// The page's socket: hello first, then views, signals, acks. Reconnects by itself with backoff and jitter until
// told to stop. It sends what it is told while open and keeps nothing: `onOpen` is where the owner says again
// what must not be lost.

import type { CallerToServer, ServerToCaller } from '$generated';

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
  /** In a call a lost socket must be back within 15 s. */
  urgent: () => boolean;
  /** From 0 to 1; for jitter. */
  random: () => number;
  now: () => number;
  onFrame: (frame: ServerToCaller) => void;
  /** The server has taken the hello: its first view is here. */
  onOpen: () => void;
  onLost: () => void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;
const LONGEST_URGENT_PAUSE_MS = 1_500;
/** Upgrade, hello and first view must fit into this. */
const OPENING_LIMIT_MS = 6_000;

export class Link {
  private wire: Wire | null = null;
  private greeted = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private attempts = 0;
  private running = false;
  private heardAt = 0;

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

  send(frame: CallerToServer): boolean {
    if (!this.greeted || !this.wire) return false;
    this.wire.send(JSON.stringify(frame));
    return true;
  }

  /** An open socket that has said nothing for longer than `ms` may be dead: a fresh one takes its place. */
  doubt(ms: number): void {
    if (!this.running || !this.greeted || this.options.now() - this.heardAt < ms) return;
    this.connect();
  }

  /** The network has come back or changed: no more waiting for the next attempt. */
  hurry(): void {
    if (!this.running || (this.wire && !this.greeted)) return;
    this.attempts = 0;
    this.connect();
  }

  private connect(): void {
    this.drop();
    const wire = this.options.open();
    this.wire = wire;
    wire.onopen = () => wire.send(JSON.stringify(this.options.hello()));
    wire.onmessage = ({ data }) => this.heard(data);
    wire.onclose = wire.onerror = () => this.lost();
    this.timer = setTimeout(() => this.lost(), OPENING_LIMIT_MS);
  }

  private heard(data: unknown): void {
    const frame = typeof data === 'string' ? parse(data) : null;
    if (!frame) return;
    this.heardAt = this.options.now();
    const first = frame.type === 'view' && !this.greeted;
    if (first) {
      this.greeted = true;
      this.attempts = 0;
      this.clearTimer();
    }
    if (first) this.options.onOpen();
    this.options.onFrame(frame);
  }

  private lost(): void {
    this.drop();
    if (!this.running) return;
    this.options.onLost();
    const longest = this.options.urgent() ? LONGEST_URGENT_PAUSE_MS : LONGEST_PAUSE_MS;
    const pause = Math.min(longest, FIRST_PAUSE_MS * 2 ** Math.min(this.attempts, 10));
    this.attempts += 1;
    this.timer = setTimeout(() => this.connect(), pause * (0.5 + this.options.random() / 2));
  }

  private drop(): void {
    this.clearTimer();
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
