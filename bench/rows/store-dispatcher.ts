/** Bulk by reference against bulk in the message: what a dispatcher that looks at no object gets through, before a worker that wants them all. */
import { type Store as StoreShape, StreamConsumer, StreamProducer } from 'proxystream';
import type { Store } from 'proxystream/store';
import type { Contender, Group } from '../group.js';
import { MB, MQTT, noise, storeOf, TABS, type Wire } from '../store-wires.js';

interface Job {
  /** Of the objects, how many are wanted. */
  readonly share?: number;
  /** Whether the time that it takes to store objects counts, too. Otherwise they were stored before, as by producers who are ahead of the dispatcher. */
  readonly storing?: boolean;
}

/** One tab dispatches to a worker of its own; another one produces. */
function dispatched(wire: Wire, size: number, how: 'by reference' | 'inline', { share = 1, storing = false }: Job): Contender {
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
          if (data !== size) reject(new Error(`Not an object of ${size} bytes: ${data}`));
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
      // These profiles keep databases in memory: some rounds of 200 MB each, and a tab dies without a word.
      await new Promise((resolve) => {
        indexedDB.deleteDatabase(`proxystream:${round.name}`).onsuccess = resolve;
      });
    },
    async (round) => {
      const objects = Array.from({ length: round.events }, () => noise(size));
      const store = how === 'by reference' ? storeOf(wire, round) : undefined;
      const ready = store && !storing ? await storedBefore(store, objects) : store;
      const publisher = wire.publisher(round);
      // The connection is there when the clock starts, as it is in a page that has been open for a while.
      if (wire === MQTT && 'send' in publisher) await publisher.send(`${round.name}-warming-up`, Uint8Array.of(1));
      await using producer = new StreamProducer<Uint8Array>(publisher, ready && { defaultStore: ready });
      round.start();
      await Promise.all(objects.map((object) => producer.send(round.name, object, { evict: { ttlMs: 120_000 } })));
    },
  ];
}

/** A store that has the objects of a producer already. */
async function storedBefore(store: Store, objects: readonly Uint8Array[]): Promise<StoreShape> {
  const keys: string[] = [];
  for (let at = 0; at < objects.length; at += 20) {
    const some = objects.slice(at, at + 20);
    keys.push(
      ...(await store.putBatch(
        some,
        some.map(() => ({ ttlMs: 120_000 })),
      )),
    );
  }
  const line = keys.values();
  return {
    name: store.name,
    config: store.config,
    put: async () => line.next().value ?? '',
    get: (key) => store.get(key),
    exists: (key) => store.exists(key),
    evict: (key) => store.evict(key),
    close: () => store.close(),
  };
}

function isWanted(n: number, share: number): boolean {
  return Math.floor((n + 1) * share) > Math.floor(n * share);
}

function against(name: string, wire: Wire, size: number, events: number, goal: number | undefined, job: Job = {}): Group {
  return {
    name,
    unit: 'events/s',
    better: 'more',
    events,
    ...(wire === MQTT && { needs: ['aedes', 'objects'] }),
    contenders: { 'by reference': dispatched(wire, size, 'by reference', job), inline: dispatched(wire, size, 'inline', job) },
    rows: [{ against: 'inline', ...(goal !== undefined && { goal }) }],
  };
}

export default [
  // Pauloski et al., TPDS 2024, Fig. 6: ProxyStream against Redis Pub/Sub.
  against('1 MB objects past a dispatcher, over MQTT', MQTT, MB, 200, 4.6),
  against('10 MB objects past a dispatcher, over MQTT', MQTT, 10 * MB, 20, 6.2),
  against('1 MB objects past a dispatcher, over BroadcastChannel', TABS, MB, 200, 4),
  against('10 MB objects past a dispatcher, over BroadcastChannel', TABS, 10 * MB, 20, undefined),
  against('1 MB objects stored and past a dispatcher, over MQTT', MQTT, MB, 200, undefined, { storing: true }),
  against('10 MB objects stored and past a dispatcher, over MQTT', MQTT, 10 * MB, 20, undefined, { storing: true }),
  against('1 MB objects stored and past a dispatcher, over BroadcastChannel', TABS, MB, 200, undefined, { storing: true }),
  against('1 MB objects stored, one in ten wanted, over MQTT', MQTT, MB, 200, undefined, { share: 0.1, storing: true }),
  against('1 MB objects stored, one in ten wanted, over BroadcastChannel', TABS, MB, 200, undefined, { share: 0.1, storing: true }),
] satisfies Group[];
