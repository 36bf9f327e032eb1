/** What a store adds to the bytes it keeps, and to the message that tells of them. */
import { messagePack, type Publisher, StreamProducer } from 'proxystream';
import { IndexedDBConnector } from 'proxystream/connectors/indexed-db';
import { MemoryConnector } from 'proxystream/connectors/memory';
import { Store } from 'proxystream/store';
import type { Contender, Group } from '../group.js';
import { MB, noise } from '../store-wires.js';

/** Same buffers, same durability: what the connector adds are facts to count and sweep by. */
const connectorPut: Contender = async ({ events, name, start, stop }) => {
  const connector = new IndexedDBConnector({ name });
  const items = buffers(events).map((bytes, n) => ({ key: `1r${String(n).padStart(10, '0')}.${bytes.length.toString(36)}`, bytes }));
  await connector.put(`1rwarming-up.1`, Uint8Array.of(1));
  start();
  for (const { key, bytes } of items) await connector.put(key, bytes);
  stop();
  await connector.close();
};

const rawPut: Contender = async ({ events, name, start, stop }) => {
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('bytes');
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const put = (key: string, buffer: ArrayBuffer) =>
    new Promise<void>((resolve, reject) => {
      const tx = db.transaction('bytes', 'readwrite', { durability: 'relaxed' });
      tx.oncomplete = () => resolve();
      tx.onabort = () => reject(tx.error);
      tx.objectStore('bytes').put(buffer, key);
    });
  const items = buffers(events);
  await put('warming-up', new ArrayBuffer(1));
  start();
  for (const [n, bytes] of items.entries()) await put(`object-${n}`, bytes.buffer);
  stop();
  db.close();
};

/** What an event by reference takes of its message, beside its metadata. */
const keyEventBytes: Contender = async ({ events, name }) => {
  let message: Uint8Array = new Uint8Array();
  const publisher: Publisher = {
    codec: messagePack,
    limits: { batchBytes: MB },
    async send(_topic, bytes) {
      message = bytes.slice();
    },
    async close() {},
    async [Symbol.asyncDispose]() {},
  };
  const store = new Store('tiles', new MemoryConnector());
  const producer = new StreamProducer<Uint8Array>(publisher, { defaultStore: store, batchSize: events, highWaterBytes: 8 * MB });
  const object = noise(20_000);
  await Promise.all(Array.from({ length: events }, () => producer.send(name, object)));
  const batch = messagePack.decode(message, name);
  if (batch.events.length !== events || batch.events.some(({ type }) => type !== 'key'))
    throw new Error('Not all of them are in one message');
  return message.length / events;
};

function buffers(count: number): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: count }, () => noise(MB));
}

export default [
  {
    name: 'put of 1 MB into IndexedDB',
    unit: 'events/s',
    better: 'more',
    events: 100,
    contenders: { IndexedDBConnector: connectorPut, 'raw put': rawPut },
    rows: [{ against: 'raw put', goal: 0.8 }],
  },
  {
    name: 'a key event in a batch of 100',
    unit: 'bytes',
    better: 'less',
    events: 100,
    contenders: { proxystream: keyEventBytes, 'the promise: 60 bytes': async () => 60 },
    rows: [{ against: 'the promise: 60 bytes', goal: 1 }],
  },
] satisfies Group[];
