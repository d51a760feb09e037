// What the system says about the network and the page's sleep, as one of two words: `changed` (what there was
// belongs to the past) or `doubtful` (look whether it still works).

export type NetworkHint = 'changed' | 'doubtful';

/** A pause of the page's own clock longer than this was a sleep: sockets rarely survive one. */
const SLEPT_MS = 5_000;

interface Connection extends EventTarget {
  type?: string;
}

/** Tells until the answer is called. `tick` must be called regularly: a gap between ticks is a sleep. */
export function watchNetwork(tell: (hint: NetworkHint) => void): { tick: () => void; stop: () => void } {
  const connection = (navigator as { connection?: Connection }).connection;
  let kind = connection?.type;
  let tickedAt: number | null = null;
  const changed = (): void => tell('changed');
  const moved = (): void => {
    // The event also comes for every new guess of the speed: only another kind of network is another address.
    const now = connection?.type;
    tell(now !== undefined && now !== kind ? 'changed' : 'doubtful');
    kind = now;
  };
  const look = (): void => {
    if (document.visibilityState !== 'visible') return;
    tell(tickedAt !== null && Date.now() - tickedAt > SLEPT_MS ? 'changed' : 'doubtful');
    tickedAt = Date.now();
  };
  const shown = (event: PageTransitionEvent): void => {
    if (event.persisted) changed();
  };
  window.addEventListener('online', changed);
  window.addEventListener('pageshow', shown);
  document.addEventListener('visibilitychange', look);
  document.addEventListener('resume', look);
  connection?.addEventListener?.('change', moved);
  return {
    tick() {
      // A hidden page's timers are slowed down: that is no sleep of its socket.
      if (tickedAt !== null && Date.now() - tickedAt > SLEPT_MS) look();
      tickedAt = Date.now();
    },
    stop() {
      window.removeEventListener('online', changed);
      window.removeEventListener('pageshow', shown);
      document.removeEventListener('visibilitychange', look);
      document.removeEventListener('resume', look);
      connection?.removeEventListener?.('change', moved);
    },
  };
}
