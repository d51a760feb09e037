// Something that is asked of the server: asking, here, or failed. What was here stays in sight while it is asked again.
import { Failure } from './api';

export class Loaded<T> {
  value = $state.raw<T | null>(null);
  failure = $state.raw<Failure | null>(null);
  busy = $state(false);
  #round = 0;
  #abort: AbortController | null = null;
  #ask: ((signal: AbortSignal) => Promise<T>) | null = null;

  /** Asks; an older question that is still open is dropped, its answer never shown. */
  async load(ask: (signal: AbortSignal) => Promise<T>): Promise<void> {
    this.#ask = ask;
    const round = ++this.#round;
    this.#abort?.abort();
    this.#abort = new AbortController();
    this.busy = true;
    try {
      const value = await ask(this.#abort.signal);
      if (round !== this.#round) return;
      this.value = value;
      this.failure = null;
    } catch (cause) {
      if (round !== this.#round) return;
      this.failure = cause instanceof Failure ? cause : new Failure(0, 'internal');
    }
    if (round === this.#round) this.busy = false;
  }

  /** The same question again. */
  again(): void {
    if (this.#ask) void this.load(this.#ask);
  }

  forget(): void {
    this.#round += 1;
    this.#abort?.abort();
    this.value = null;
    this.failure = null;
    this.busy = false;
  }
}
