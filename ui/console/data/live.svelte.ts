// Something that the server goes on telling (server-sent events): the newest whole picture, since when it is here, and
// whether the line stands. A line that is silent for too long counts as away; it is tried again, ever more slowly.
import { api } from './api';
import { patience } from './patience';

/** A line that is back within this was not away. */
const GRACE_MS = 2_000;

export interface LiveOptions<T> {
  /** Name of the event that carries the picture; others only show that the line lives. */
  event: string;
  /** Other events that prove the line alive. */
  beats?: readonly string[];
  /** After this long without any event the line counts as away. */
  silenceMs?: number;
  read?: (data: unknown) => T;
}

export class Live<T> {
  value = $state.raw<T | null>(null);
  /** When the newest picture came, by this machine's clock. */
  at = $state<number | null>(null);
  /** When the line was last heard of. */
  heardAt = $state<number | null>(null);
  away = $state(false);
  tries = $state(0);
  #source: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #grace: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(
    readonly url: string,
    readonly options: LiveOptions<T>,
  ) {}

  open(): void {
    this.#closed = false;
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    this.#drop();
    clearTimeout(this.#timer);
    clearTimeout(this.#grace);
  }

  #connect(): void {
    this.#drop();
    const source = new EventSource(this.url);
    this.#source = source;
    this.#listenForSilence();
    source.addEventListener(this.options.event, (event) => this.#taken(event as MessageEvent<string>));
    for (const beat of this.options.beats ?? []) source.addEventListener(beat, () => this.#heard());
    source.onerror = () => this.#lost();
  }

  #taken(event: MessageEvent<string>): void {
    const data: unknown = JSON.parse(event.data);
    this.value = this.options.read ? this.options.read(data) : (data as T);
    this.at = Date.now();
    this.#heard();
  }

  #heard(): void {
    this.heardAt = Date.now();
    clearTimeout(this.#grace);
    this.away = false;
    this.tries = 0;
    this.#listenForSilence();
  }

  #listenForSilence(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), this.options.silenceMs ?? 20_000);
  }

  #lost(): void {
    this.#drop();
    if (this.#closed) return;
    this.tries += 1;
    // The server ends every stream some day; who comes back at once was never away.
    if (this.tries === 1) this.#grace = setTimeout(() => (this.away = true), GRACE_MS);
    // A browser does not tell why a stream was refused: a session that is over says so when it is asked.
    if (this.tries === 2) void api.get('/me').catch(() => undefined);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), patience(this.tries));
  }

  #drop(): void {
    clearTimeout(this.#silence);
    this.#source?.close();
    this.#source = null;
  }
}
