// Other pages of the same call in this browser: the newest wins at once, even while no server can tell the older
// ones. Pages on other devices hear it from the server.

export interface Tabs {
  /** This page is the newest now. */
  claim(): void;
  close(): void;
}

/** `taken` is called when another page claims the call. */
export function watchTabs(callId: string, taken: () => void): Tabs {
  if (typeof BroadcastChannel === 'undefined') return { claim: () => undefined, close: () => undefined };
  const channel = new BroadcastChannel(`chinhchu.call.${callId}`);
  channel.onmessage = ({ data }) => {
    if (data === 'claim') taken();
  };
  return { claim: () => channel.postMessage('claim'), close: () => channel.close() };
}
