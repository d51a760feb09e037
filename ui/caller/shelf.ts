// The device's shelf: IndexedDB, which unlike the other storages keeps certificates. One record per call, gone
// when the call has ended, or after two days.

import type { Kept, Shelf } from './device';

const NAME = 'chinhchu.calls';
const STORE = 'devices';
const KEEP_MS = 2 * 24 * 3_600_000;

/** Null where the browser has none. */
export function openShelf(factory: IDBFactory | undefined = globalThis.indexedDB): Shelf | null {
  if (!factory) return null;
  const work = async <T>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => Promise<T>): Promise<T> => {
    const database = await open(factory);
    try {
      const transaction = database.transaction(STORE, mode);
      const ended = end(transaction);
      const answer = await use(transaction.objectStore(STORE));
      await ended;
      return answer;
    } finally {
      database.close();
    }
  };
  return {
    get: (callId) => work('readonly', async (store) => ((await asked(store.get(callId))) as Kept | undefined) ?? null),
    add: (callId, kept) =>
      work('readwrite', async (store) => {
        const there = (await asked(store.get(callId))) as Kept | undefined;
        // Two tabs may have begun at once: the first one's secret counts. A certificate may come later.
        const both = there ? { ...there, certificate: there.certificate ?? kept.certificate } : kept;
        const renewed = there?.certificate && there.certificate.expires <= kept.madeAt ? { ...both, certificate: kept.certificate } : both;
        await asked(store.put(renewed, callId));
        await forgetOld(store, kept.madeAt - KEEP_MS);
        return renewed;
      }),
    remove: (callId) => work('readwrite', async (store) => void (await asked(store.delete(callId)))),
  };
}

async function forgetOld(store: IDBObjectStore, before: number): Promise<void> {
  const keys = await asked(store.getAllKeys());
  for (const key of keys) {
    const kept = (await asked(store.get(key))) as Kept | undefined;
    if (!kept || kept.madeAt < before) await asked(store.delete(key));
  }
}

function open(factory: IDBFactory): Promise<IDBDatabase> {
  const request = factory.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return asked(request);
}

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('storage'));
  });
}

function end(transaction: IDBTransaction): Promise<void> {
  const ended = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error('storage'));
  });
  // A request that fails rejects first; this one must not be left unheard.
  ended.catch(() => undefined);
  return ended;
}
