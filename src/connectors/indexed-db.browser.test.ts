import { describe, expect, it, onTestFinished, test } from 'vitest';
import { Store } from '../store.js';
import { describeConnector } from '../testing/index.js';
import { IndexedDBConnector } from './indexed-db.js';

describeConnector(
  'IndexedDB',
  {
    supports: { counts: true, expires: true, streams: false },
    open(maxBytes) {
      const name = crypto.randomUUID();
      const connector = () => new IndexedDBConnector({ name, ...(maxBytes !== undefined && { maxBytes }) });
      return { connector, close: () => void indexedDB.deleteDatabase(`proxystream:${name}`) };
    },
  },
  { describe, it },
);

/** A store, and its database for others to touch. */
function scene() {
  const name = crypto.randomUUID();
  const store = new Store('scans', new IndexedDBConnector({ name }));
  onTestFinished(async () => {
    await store.close();
    indexedDB.deleteDatabase(`proxystream:${name}`);
  });
  const open = (version?: number) => settled(indexedDB.open(`proxystream:${name}`, version));
  return { store, open };
}

test('a database that a newer version has made is left alone, and says so', async () => {
  const { store, open } = scene();
  (await open(2)).close();
  await expect(store.put('object')).rejects.toMatchObject({ code: 'unsupported_version' });
  await expect(store.get(`1r${'a'.repeat(32)}.rs`)).rejects.toMatchObject({ code: 'unsupported_version' });
  expect((await open()).version).toBe(2);
});

test.each<[string, (bytes: ArrayBuffer) => unknown, string]>([
  ['changed', (bytes) => new Uint8Array(bytes).map((byte) => byte ^ 1).buffer, 'object_corrupt'],
  ['cut short', (bytes) => bytes.slice(0, 10), 'object_corrupt'],
  ['removed', () => undefined, 'object_missing'],
])('bytes that somebody has %s in the database are no object', async (_, damage, code) => {
  const { store, open } = scene();
  const key = await store.put(new Uint8Array(1000).fill(7));
  const db = await open();
  const bytes = db.transaction('bytes', 'readwrite').objectStore('bytes');
  const changed = damage(await settled(bytes.get(key)));
  await (changed ? settled(bytes.put(changed, key)) : settled(bytes.delete(key)));
  db.close();
  await expect(store.get(key)).rejects.toMatchObject({ code });
});

function settled<R>(request: IDBRequest<R>): Promise<R> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
