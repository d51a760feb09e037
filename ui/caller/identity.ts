// Which call this page is about: its id and secret, from the page's own address.

export interface Identity {
  callId: string;
  callToken: string;
}

/** Null when the link is not a whole call link. */
export function identity(place: Pick<Location, 'pathname' | 'hash'>): Identity | null {
  const callId = /^\/call\/([0-9a-f-]{36})\/?$/i.exec(place.pathname)?.[1];
  const callToken = place.hash.slice(1);
  if (!callId || callToken.length < 16) return null;
  return { callId, callToken };
}

/** Random bytes in base64url. */
export function randomText(bytes: number): string {
  const raw = crypto.getRandomValues(new Uint8Array(bytes));
  const text = btoa(String.fromCharCode(...raw));
  return text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
