// Who this page is: call and secret from its address, device secret from the tab's storage, its own random id.

export interface Identity {
  callId: string;
  callToken: string;
  /** 256 random bits in base64url; tells this page opened again from another person's. */
  deviceSecret: string;
  pageId: string;
}

const KEY = 'chinhchu.device';

/** Null when the link is not a whole call link. */
export function identity(place: Pick<Location, 'pathname' | 'hash'>): Identity | null {
  const callId = /^\/call\/([0-9a-f-]{36})\/?$/i.exec(place.pathname)?.[1];
  const callToken = place.hash.slice(1);
  if (!callId || callToken.length < 16) return null;
  return { callId, callToken, deviceSecret: deviceSecret(callId), pageId: randomText(16) };
}

function deviceSecret(callId: string): string {
  const key = `${KEY}.${callId}`;
  try {
    const kept = sessionStorage.getItem(key);
    if (kept) return kept;
    const made = randomText(32);
    sessionStorage.setItem(key, made);
    return made;
  } catch {
    // No storage: a reload then counts as another device, and the agent compares again.
    return randomText(32);
  }
}

export function randomText(bytes: number): string {
  const raw = crypto.getRandomValues(new Uint8Array(bytes));
  const text = btoa(String.fromCharCode(...raw));
  return text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
