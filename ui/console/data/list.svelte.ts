// A list that the server gives in parts: `{"items":[…],"next":"cursor"|null}`.
import { api, Failure, type Query } from './api';

export interface Part<T> {
  items: T[];
  next: string | null;
}

export class List<T> {
  items = $state.raw<readonly T[]>([]);
  next = $state.raw<string | null>(null);
  failure = $state.raw<Failure | null>(null);
  busy = $state(false);
  /** At least one answer has come. */
  known = $state(false);
  #round = 0;
  #query: Query = {};

  constructor(
    readonly path: string,
    readonly limit = 50,
    /** How a part is asked for, if not by GET. */
    readonly ask: (query: Query) => Promise<Part<T>> = (query) => api.get<Part<T>>(path, query),
  ) {}

  /** From the beginning, with these filters. */
  async load(query: Query = {}): Promise<void> {
    this.#query = query;
    await this.#part(null);
  }

  again(): void {
    void this.#part(null);
  }

  async more(): Promise<void> {
    if (this.next !== null && !this.busy) await this.#part(this.next);
  }

  async #part(cursor: string | null): Promise<void> {
    const round = ++this.#round;
    this.busy = true;
    try {
      const part = await this.ask({ ...this.#query, limit: this.limit, after: cursor });
      if (round !== this.#round) return;
      this.items = cursor === null ? part.items : [...this.items, ...part.items];
      this.next = part.next ?? null;
      this.failure = null;
      this.known = true;
    } catch (cause) {
      if (round !== this.#round) return;
      this.failure = cause instanceof Failure ? cause : new Failure(0, 'internal');
    }
    if (round === this.#round) this.busy = false;
  }
}
