import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SHELF_LIMIT_MS, device, type DevicePorts, type Kept, type Shelf } from './device';

const NOW = 1_000_000;
const certificate = (expires = NOW + 30 * 24 * 3_600_000) => ({ expires, getFingerprints: () => [] }) as RTCCertificate;

function memory(): Shelf & { rows: Map<string, Kept> } {
  const rows = new Map<string, Kept>();
  return {
    rows,
    get: (callId) => Promise.resolve(rows.get(callId) ?? null),
    add: (callId, kept) => {
      const there = rows.get(callId);
      const now = there ? { ...there, certificate: kept.certificate ?? there.certificate } : kept;
      rows.set(callId, now);
      return Promise.resolve(now);
    },
    remove: (callId) => Promise.resolve(void rows.delete(callId)),
  };
}
const ports = (shelf: Shelf | null, over: Partial<DevicePorts> = {}): DevicePorts => ({
  shelf,
  makeCertificate: () => Promise.resolve(certificate()),
  now: () => NOW,
  ...over,
});

describe('the device of a call (F3: page killed and reopened)', () => {
  it('is the same after a reload, and another one for another call', async () => {
    const shelf = memory();
    const first = await device('a', ports(shelf));
    const again = await device('a', ports(shelf));
    expect(first.kept && again.kept).toBe(true);
    expect(first.secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(again).toEqual(first);
    expect(again.certificate).toBe(first.certificate);
    expect((await device('b', ports(shelf))).secret).not.toBe(first.secret);
  });

  it('takes a fresh certificate, and keeps the secret, when the old one expires', async () => {
    const shelf = memory();
    const first = await device('a', ports(shelf, { makeCertificate: () => Promise.resolve(certificate(NOW + 1_000)) }));
    const again = await device('a', ports(shelf));
    expect(again.secret).toBe(first.secret);
    expect(again.certificate).not.toBe(first.certificate);
  });

  it('works on without any storage, for this load', async () => {
    const made = await device('a', ports(null));
    expect(made.kept).toBe(false);
    expect(made.certificate).not.toBeNull();
  });

  it('keeps the secret where certificates cannot be kept', async () => {
    const shelf = memory();
    const add = shelf.add.bind(shelf);
    shelf.add = (callId, kept) => (kept.certificate ? Promise.reject(new Error('DataCloneError')) : add(callId, kept));
    const first = await device('a', ports(shelf));
    expect(first.kept).toBe(false);
    expect((await device('a', ports(shelf))).secret).toBe(first.secret);
  });

  it('lets the browser choose where it makes no certificates', async () => {
    const made = await device('a', ports(memory(), { makeCertificate: () => Promise.reject(new Error('unknown')) }));
    expect(made.certificate).toBeNull();
    expect(made.secret).toHaveLength(43);
    const unknown = (): never => {
      throw new TypeError('generateCertificate is not a function');
    };
    expect((await device('b', ports(memory(), { makeCertificate: unknown }))).secret).toHaveLength(43);
  });
});

describe('a storage that never answers', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is not waited for', async () => {
    const never = () => new Promise<never>(() => undefined);
    const opening = device('a', ports({ get: never, add: never, remove: never }));
    await vi.advanceTimersByTimeAsync(3 * SHELF_LIMIT_MS);
    expect((await opening).kept).toBe(false);
  });
});
