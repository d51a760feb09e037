// The Tauri shell as host: event `picture`, commands `picture` and `command`. The only file that knows Tauri.
import { invoke, isTauri } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Command, Picture } from '$generated';
import { Refused, type Host } from './host';

const AGAIN_MS = 1_000;

function codeOf(fault: unknown): string {
  if (typeof fault === 'object' && fault !== null && 'code' in fault && typeof fault.code === 'string') return fault.code;
  return 'host_failed';
}

/** The shell this page runs in; null in a plain browser. */
export function tauriHost(): Host | null {
  if (!isTauri()) return null;
  return {
    watch(show) {
      let newest = -1;
      const take = (picture: Picture): void => {
        if (picture.seq < newest) return;
        newest = picture.seq;
        show(picture);
      };
      const listening = listen<Picture>('picture', (event) => take(event.payload));
      let over = false;
      // Asked for only once the event is heard, so that no change falls in between; again if the shell is not ready.
      const ask = (): void => {
        if (over) return;
        listening
          .then(() => invoke<Picture>('picture'))
          .then(take)
          .catch((fault: unknown) => {
            console.error('no picture from the shell:', codeOf(fault));
            setTimeout(ask, AGAIN_MS);
          });
      };
      ask();
      return () => {
        over = true;
        void listening.then((stop) => stop());
      };
    },
    onClosing(ask) {
      listen('closing', ask).catch((fault: unknown) => console.error('closing cannot ask:', codeOf(fault)));
    },
    leave: () => invoke('leave'),
    async command(command: Command) {
      try {
        await invoke('command', { command });
      } catch (fault) {
        throw new Refused(codeOf(fault));
      }
    },
  };
}
