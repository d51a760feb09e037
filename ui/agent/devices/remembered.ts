// The device check is remembered for as long as the same devices are there and fine.
const KEY = 'chinhchu.devices';

export function keptSignature(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function keepSignature(signature: string | null): void {
  try {
    if (signature === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, signature);
  } catch {
    // Without storage the check is shown at every start.
  }
}
