// The newest picture of the station, the clock, and the way to ask for something. Screens get it by context.
import { getContext, setContext } from 'svelte';
import type { Command, Picture } from '$generated';
import { Refused, type Host } from './host/host';
import { Clock } from './time/clock.svelte';

export class Station {
  readonly clock: Clock;
  readonly #host: Host;
  #picture = $state.raw<Picture | null>(null);
  #trouble = $state<string | null>(null);

  constructor(host: Host, clock = new Clock()) {
    this.#host = host;
    this.clock = clock;
  }

  get picture(): Picture | null {
    return this.#picture;
  }

  /** Code of the last command that was not taken; null once another was taken or it was read. */
  get trouble(): string | null {
    return this.#trouble;
  }

  forgetTrouble(): void {
    this.#trouble = null;
  }

  /** Calls `ask` when the window wants to close while calls may come. */
  onClosing(ask: () => void): void {
    this.#host.onClosing(ask);
  }

  /** Off duty, then the program ends. */
  async leave(): Promise<void> {
    try {
      await this.#host.leave();
    } catch {
      this.#trouble = 'host_failed';
    }
  }

  /** Follows the host; returns the way to stop. */
  start(): () => void {
    const stopTicking = this.clock.run();
    const stopWatching = this.#host.watch((picture) => {
      this.#picture = picture;
      this.clock.setOffset(picture.link.clock_offset_ms);
    });
    return () => {
      stopWatching();
      stopTicking();
    };
  }

  /** Asks for something a person wants; false (and `trouble`) if it was not taken. */
  async ask(command: Command): Promise<boolean> {
    try {
      await this.#host.command(command);
      this.#trouble = null;
      return true;
    } catch (fault) {
      this.#trouble = fault instanceof Refused ? fault.code : 'host_failed';
      return false;
    }
  }

  /** Tells the shell something that no person asked for (where video belongs); false if it was not taken. */
  async tell(command: Command): Promise<boolean> {
    try {
      await this.#host.command(command);
      return true;
    } catch {
      return false;
    }
  }
}

const KEY = Symbol('station');

export function provideStation(station: Station): void {
  setContext(KEY, station);
}

export function useStation(): Station {
  return getContext<Station>(KEY);
}
