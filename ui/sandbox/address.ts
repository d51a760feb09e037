// The call screen's address as this page may frame it.

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * A loopback server has several names, and a page may frame only its own: the sandbox opened as `localhost` shows
 * `http://127.0.0.1:…/call/…` under its own name. Any other address stays as it is.
 */
export function nearby(address: string, here: Pick<Location, 'hostname' | 'host' | 'port' | 'protocol'>): string {
  const url = new URL(address);
  const same = url.port === here.port && url.protocol === here.protocol;
  if (!same || !LOOPBACK.includes(url.hostname) || !LOOPBACK.includes(here.hostname)) return address;
  url.host = here.host;
  return url.href;
}
