// What tells this device from another in one call: a secret and a DTLS certificate, kept over reloads and restarts
// of the app, so that nobody has to be compared again because a phone killed a page. Where nothing can be kept (a
// private window, some apps' web views) the page works on with what it makes for this load.

import { randomText } from './identity';

export interface Device {
  /** 256 random bits in base64url. */
  secret: string;
  /** For every connection of the call; null lets the browser make one per connection. */
  certificate: RTCCertificate | null;
  /** It will be the same after a reload. */
  kept: boolean;
}

export interface Kept {
  secret: string;
  certificate: RTCCertificate | null;
  /** ms since the epoch. */
  madeAt: number;
}

/** Where it is kept; every method may reject or never answer. */
export interface Shelf {
  get(callId: string): Promise<Kept | null>;
  /** Puts it unless another tab was first; gives what is kept now. */
  add(callId: string, kept: Kept): Promise<Kept>;
  remove(callId: string): Promise<void>;
}

export interface DevicePorts {
  shelf: Shelf | null;
  makeCertificate: () => Promise<RTCCertificate>;
  now: () => number;
}

/** Some web views never answer; the page must not wait for them. */
export const SHELF_LIMIT_MS = 1_500;

export async function device(callId: string, ports: DevicePorts): Promise<Device> {
  const kept = ports.shelf ? await bounded(fromShelf(callId, ports.shelf, ports)) : null;
  return kept ?? { ...(await make(ports, randomText(32))), kept: false };
}

async function fromShelf(callId: string, shelf: Shelf, ports: DevicePorts): Promise<Device> {
  const found = await shelf.get(callId);
  if (found && usable(found.certificate, ports.now())) return { secret: found.secret, certificate: found.certificate, kept: true };
  const made = await make(ports, found?.secret ?? randomText(32));
  try {
    const kept = await shelf.add(callId, made);
    return { secret: kept.secret, certificate: kept.certificate, kept: kept.certificate !== null };
  } catch {
    // The certificate cannot be cloned here: the secret alone is better than nothing.
    const { secret } = await shelf.add(callId, { ...made, certificate: null });
    return { secret, certificate: made.certificate, kept: false };
  }
}

async function make(ports: DevicePorts, secret: string): Promise<Kept> {
  return { secret, certificate: await certificate(ports), madeAt: ports.now() };
}

async function certificate(ports: DevicePorts): Promise<RTCCertificate | null> {
  try {
    return await ports.makeCertificate();
  } catch {
    // An old web view: each connection then has one of its own.
    return null;
  }
}

function usable(certificate: RTCCertificate | null, now: number): boolean {
  return certificate !== null && certificate.expires > now + 3_600_000;
}

async function bounded<T>(work: Promise<T>): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), SHELF_LIMIT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
