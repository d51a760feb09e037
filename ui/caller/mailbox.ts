// Numbered signals of one assignment: kept until the server has stored them, sent again on every new socket.

import type { Signal } from '$generated';

/** More than any negotiation needs; a page that piles up more has lost its way. */
const MAX_PENDING = 512;

export interface Numbered {
  n: number;
  signal: Signal;
}

export class Outbox {
  private last = 0;
  private pending: Numbered[] = [];
  /** Highest number on the present socket. */
  private cursor = 0;
  /** Highest number that this page ever sent; an ack beyond it tells of an older page of the same call. */
  private sent = 0;

  /**
   * `fresh`: this page saw the assignment begin, so nobody has numbered before it. Otherwise one signal is
   * sent alone until the server says where the numbers stand.
   */
  constructor(
    readonly assignment: number,
    private fresh: boolean,
  ) {}

  /** Numbers a signal; null when too many wait. */
  add(make: (n: number) => Signal): Numbered | null {
    if (this.pending.length >= MAX_PENDING) return null;
    this.last += 1;
    const numbered = { n: this.last, signal: make(this.last) };
    this.pending.push(numbered);
    return numbered;
  }

  /** What may go out now and has not: call after `add`, after an ack, and after `rewind`. */
  due(): Numbered[] {
    const open = this.fresh ? this.pending : this.pending.slice(0, 1);
    const due = open.filter(({ n }) => n > this.cursor);
    // No `.at(-1)` here: web views of old phones lack it.
    this.cursor = due[due.length - 1]?.n ?? this.cursor;
    this.sent = Math.max(this.sent, this.cursor);
    return due;
  }

  /** A new socket: everything not acknowledged goes out again. */
  rewind(): void {
    const first = this.pending[0];
    if (first) this.cursor = first.n - 1;
  }

  /**
   * Signals up to `n` are stored. True when these were another page's and this page had prepared some of its
   * own: the server would take those for repeats, so they are void and must be made anew.
   */
  ack(n: number): boolean {
    this.fresh = true;
    if (n <= this.sent) {
      this.pending = this.pending.filter((one) => one.n > n);
      return false;
    }
    const prepared = this.pending.length > 0;
    this.pending = [];
    this.last = n;
    this.cursor = n;
    this.sent = n;
    return prepared;
  }
}

/** Signals of the workstation: each is taken once, in the order of their numbers. */
export class Inbox {
  private taken = 0;

  constructor(readonly assignment: number) {}

  /** True if the signal is new. */
  take(n: number): boolean {
    if (n <= this.taken) return false;
    this.taken = n;
    return true;
  }
}
