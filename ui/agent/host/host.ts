// What the screens need from whatever carries them: the Tauri shell in production, a script while drawing.
import type { Command, Picture } from '$generated';

export interface Host {
  /** Calls `show` with the newest picture, now and after every change. Returns the way to stop. */
  watch(show: (picture: Picture) => void): () => void;
  /** Asks for something. Rejects with [`Refused`] when it was not taken. */
  command(command: Command): Promise<void>;
  /** Calls `ask` when the window wants to close while calls may come. */
  onClosing(ask: () => void): void;
  /** The agent said yes: off duty, then the program ends. */
  leave(): Promise<void>;
}

/** A command was not taken; `code` is stable and has a sentence in the text catalogue. */
export class Refused extends Error {
  constructor(readonly code: string) {
    super(code);
    this.name = 'Refused';
  }
}
