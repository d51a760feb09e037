// The Tauri shell as host: event `picture`, commands `picture` and `command`. The only file that knows Tauri.
import { invoke, isTauri } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Command, Picture } from '$generated';
import { Refused, type Host } from './host';

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
      // Asked for only once the event is heard, so that no change falls in between.
      void listening
        .then(() => invoke<Picture>('picture'))
        .then(take)
        .catch((fault: unknown) => console.error('no picture from the shell:', codeOf(fault)));
      return () => void listening.then((stop) => stop());
    },
    async command(command: Command) {
      try {
        await invoke('command', { command });
      } catch (fault) {
        throw new Refused(codeOf(fault));
      }
    },
  };
}
