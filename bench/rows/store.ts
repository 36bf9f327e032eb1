/** Bulk by reference against bulk in the message: what a dispatcher that looks at no object gets through, and a worker that wants them all. */
import {
  type AnySubscriber,
  type EventPublisher,
  messagePack,
  type ObjectProxy,
  type Publisher,
  StreamConsumer,
  StreamProducer,
} from 'proxystream';
import { HttpConnector } from 'proxystream/connectors/http';
import { IndexedDBConnector } from 'proxystream/connectors/indexed-db';
import { MemoryConnector } from 'proxystream/connectors/memory';
import { BroadcastChannelPublisher, BroadcastChannelSubscriber } from 'proxystream/shims/broadcast-channel';
import { MqttPublisher, MqttSubscriber } from 'proxystream/shims/mqtt';
import { Store } from 'proxystream/store';
import type { Contender, Group, Round } from '../group.js';

const MB = 2 ** 20;

interface Wire {
  readonly publisher: (round: Round) => Publisher | EventPublisher;
  readonly subscriber: (round: Round) => AnySubscriber & { ready?(): Promise<void> };
  /** Where its objects lie: for tabs in the browser, for everyone else behind HTTP. */
  readonly url: (round: Round) => string | undefined;
}

const TABS: Wire = {
  publisher: ({ name }) => new BroadcastChannelPublisher({ channel: name }),
  subscriber: ({ name }) => new BroadcastChannelSubscriber('#', { channel: name, maxBytes: 2 ** 32 }),
  url: () => undefined,
};
/** Not Mosquitto: it sends a message of a megabyte to a WebSocket in half a minute, and inline would only show that. */
const MQTT: Wire = {
  publisher: ({ urls }) => new MqttPublisher({ url: urls.aedes ?? '' }),
  subscriber: ({ urls, name }) => new MqttSubscriber(name, { url: urls.aedes ?? '' }),
  url: ({ urls }) => urls.objects,
};

/** One tab dispatches to a worker of its own; another one produces. `share`: of the objects that are wanted. */
function dispatched(wire: Wire, size: number, how: 'by reference' | 'inline', share = 1): Contender {
  return [
    async (round) => {
      const { events, ready, stop } = round;
      const worker = new Worker(new URL('../store-worker.ts', import.meta.url), { type: 'module' });
      worker.postMessage({ database: round.name, url: wire.url(round) });
      const wanted = Array.from({ length: events }, (_, n) => isWanted(n, share)).filter(Boolean).length;
      let had = 0;
      const all = new Promise<void>((resolve, reject) => {
        if (wanted === 0) resolve();
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.onmessage = ({ data }) => {
          if (data !== size) reject(new Error(`An object of ${data} bytes came`));
          if (++had === wanted) resolve();
        };
      });
      const subscriber = wire.subscriber(round);
      await subscriber.ready?.();
      ready();
      let n = 0;
      if (how === 'inline') {
        await using consumer = new StreamConsumer<Uint8Array<ArrayBuffer>>(subscriber);
        for await (const object of consumer) {
          if (isWanted(n, share)) worker.postMessage(object, [object.buffer]);
          if (++n === events) break;
        }
      } else {
        await using consumer = new StreamConsumer<Uint8Array>(subscriber, { stores: [storeOf(wire, round)] });
        for await (const proxy of consumer) {
          if (isWanted(n, share)) worker.postMessage(proxy.descriptor);
          if (++n === events) break;
        }
      }
      // At the dispatcher where the worker keeps up with it; where only some objects are wanted, when they are there.
      if (share === 1) stop();
      await all;
      if (share < 1) stop();
      worker.terminate();
    },
    async (round) => {
      const store = how === 'by reference' ? storeOf(wire, round) : undefined;
      await using producer = new StreamProducer<Uint8Array>(wire.publisher(round), store && { defaultStore: store });
      const object = noise(size);
      round.start();
      await Promise.all(Array.from({ length: round.events }, () => producer.send(round.name, object, { evict: { ttlMs: 120_000 } })));
    },
  ];
}

function isWanted(n: number, share: number): boolean {
  return Math.floor((n + 1) * share) > Math.floor(n * share);
}

function storeOf(wire: Wire, round: Round): Store {
  const url = wire.url(round);
  return new Store('bulk', url ? new HttpConnector({ url }) : new IndexedDBConnector({ name: round.name }));
}

function against(name: string, wire: Wire, size: number, events: number, goal: number | undefined, share?: number): Group {
  return {
    name,
    unit: 'events/s',
    better: 'more',
    events,
    ...(wire === MQTT && { needs: ['aedes', 'objects'] }),
    contenders: { 'by reference': dispatched(wire, size, 'by reference', share), inline: dispatched(wire, size, 'inline', share) },
    rows: [{ against: 'inline', ...(goal !== undefined && { goal }) }],
  };
}

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
      message = bytes;
    },
    async close() {},
    async [Symbol.asyncDispose]() {},
  };
  const store = new Store('tiles', new MemoryConnector());
  const producer = new StreamProducer<Uint8Array>(publisher, { defaultStore: store, batchSize: events });
  const object = noise(10_000);
  await Promise.all(Array.from({ length: events }, () => producer.send(name, object)));
  const batch = messagePack.decode(message, name);
  if (batch.events.length !== events || batch.events.some(({ type }) => type !== 'key'))
    throw new Error('Not all of them are in one message');
  return message.length / events;
};

/** Every object is wanted, by the page itself: from which size on is it worth a store? */
function everyOne(wire: Wire, size: number, how: 'by reference' | 'inline'): Contender {
  return [
    async (round) => {
      const store = storeOf(wire, round);
      const subscriber = wire.subscriber(round);
      await subscriber.ready?.();
      round.ready();
      await using consumer = new StreamConsumer<Uint8Array>(subscriber, { stores: [store] });
      let n = 0;
      const pending: Promise<Uint8Array>[] = [];
      for await (const proxy of consumer as AsyncIterable<ObjectProxy<Uint8Array>>) {
        pending.push(proxy.resolve());
        if (++n === round.events) break;
      }
      for (const { length } of await Promise.all(pending)) if (length !== size) throw new Error(`An object of ${length} bytes came`);
      round.stop();
    },
    async (round) => {
      const store = new Store('bulk', connectorOf(wire, round), { inlineBelow: how === 'inline' ? Number.POSITIVE_INFINITY : 0 });
      await using producer = new StreamProducer<Uint8Array>(wire.publisher(round), { defaultStore: store });
      const object = noise(size);
      round.start();
      await Promise.all(Array.from({ length: round.events }, () => producer.send(round.name, object)));
    },
  ];
}

function connectorOf(wire: Wire, round: Round) {
  const url = wire.url(round);
  return url ? new HttpConnector({ url }) : new IndexedDBConnector({ name: round.name });
}

function sizes(name: string, wire: Wire): Group[] {
  return [1, 4, 16, 64].map((kilobytes) => ({
    name: `${kilobytes} kB objects, all wanted, over ${name}`,
    unit: 'events/s',
    better: 'more',
    events: 500,
    ...(wire === MQTT && { needs: ['aedes', 'objects'] as const }),
    contenders: { inline: everyOne(wire, kilobytes * 1024, 'inline'), 'by reference': everyOne(wire, kilobytes * 1024, 'by reference') },
    rows: [{ against: 'by reference' }],
  }));
}

function buffers(count: number): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: count }, () => noise(MB));
}

/** Nothing that could be compressed. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(length, at + 65_536)));
  return bytes;
}

export default [
  // Pauloski et al., TPDS 2024, Fig. 6: ProxyStream against Redis Pub/Sub.
  against('1 MB objects past a dispatcher, over MQTT', MQTT, MB, 200, 4.6),
  against('10 MB objects past a dispatcher, over MQTT', MQTT, 10 * MB, 30, 6.2),
  against('1 MB objects past a dispatcher, over BroadcastChannel', TABS, MB, 200, 4),
  against('10 MB objects past a dispatcher, over BroadcastChannel', TABS, 10 * MB, 30, undefined),
  against('1 MB objects of which one in ten is wanted, over MQTT', MQTT, MB, 200, undefined, 0.1),
  against('1 MB objects of which one in ten is wanted, over BroadcastChannel', TABS, MB, 200, undefined, 0.1),
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
  ...sizes('BroadcastChannel', TABS),
  ...sizes('MQTT', MQTT),
] satisfies Group[];
