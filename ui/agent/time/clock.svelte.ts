// The one ticking clock of the screens: server time, renewed once a second, on the second.
import { serverNow, untilNextSecond } from './reckon';

export class Clock {
  #own: () => number;
  #offset = $state<number | null>(null);
  #tick = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(own: () => number = Date.now) {
    this.#own = own;
    this.#tick = own();
  }

  /** Server time in ms as of the last tick. */
  get now(): number {
    return serverNow(this.#tick, this.#offset);
  }

  setOffset(offsetMs: number | null): void {
    this.#offset = offsetMs;
    this.#tick = this.#own();
  }

  /** Starts ticking; returns the way to stop. */
  run(): () => void {
    const step = (): void => {
      this.#tick = this.#own();
      this.#timer = setTimeout(step, untilNextSecond(serverNow(this.#tick, this.#offset)) + 5);
    };
    step();
    return () => clearTimeout(this.#timer);
  }
}
