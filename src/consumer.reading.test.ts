import { describe, expect, test } from 'vitest';
import { messagePack } from './codec.js';
import { StreamConsumer } from './consumer.js';
import { END_OF_STREAM } from './events.js';
import { MemoryStore } from './fixtures/memory-store.js';
import { collect } from './fixtures/promises.js';
import { batch, inline, stream, Wire } from './fixtures/wire.js';
import { ObjectProxy } from './object-proxy.js';
import { StreamProducer } from './producer.js';
import type { Subscriber } from './protocols.js';
import { Queue, QueuePublisher, QueueSubscriber } from './shims/queue.js';

interface Quake {
  readonly mag: number;
}

/** Three quakes with metadata, then the end, written by a producer. */
async function quakes({ store, bytes }: { store?: MemoryStore | undefined; bytes: boolean }): Promise<QueueSubscriber> {
  const queue = new Queue();
  const producer = new StreamProducer<Quake>(new QueuePublisher(queue), {
    batchSize: 2,
    ...(store && { defaultStore: store }),
    ...(bytes && { codec: messagePack }),
  });
  for (const mag of [1, 2, 3]) await producer.send('quakes', { mag }, { metadata: { mag } });
  await producer.close({ topics: ['quakes'] });
  return new QueueSubscriber(queue);
}

const codecOf = (bytes: boolean) => (bytes ? { codec: messagePack } : {});
const ALL = [{ mag: 1 }, { mag: 2 }, { mag: 3 }];
const PAIRS = ALL.map((quake) => [quake, quake]);

describe.each([
  { wire: 'events', bytes: false },
  { wire: 'bytes', bytes: true },
])('a consumer of inline objects as $wire', ({ bytes }) => {
  const open = async () => new StreamConsumer<Quake>(await quakes({ bytes }), codecOf(bytes));

  test('yields the objects in order and ends at the end', async () => {
    expect(await collect(await open())).toEqual(ALL);
  });

  test('yields them with their metadata', async () => {
    expect(await collect((await open()).iterWithMetadata())).toEqual(PAIRS);
  });

  test('yields the same from iterObjects and iterObjectsWithMetadata', async () => {
    expect(await collect((await open()).iterObjects())).toEqual(ALL);
    expect(await collect((await open()).iterObjectsWithMetadata())).toEqual(PAIRS);
  });

  test('hands them out one by one, each call in a way of its own', async () => {
    const consumer = await open();
    expect(await consumer.next()).toEqual({ done: false, value: { mag: 1 } });
    expect(await consumer.nextObject()).toEqual({ done: false, value: { mag: 2 } });
    expect(await consumer.nextObjectWithMetadata()).toEqual({ done: false, value: PAIRS[2] });
    expect(await consumer.nextWithMetadata()).toEqual({ done: true, value: undefined });
  });
});

describe.each([
  { wire: 'events', bytes: false },
  { wire: 'bytes', bytes: true },
])('a consumer of objects by reference as $wire', ({ bytes }) => {
  const open = async (store = new MemoryStore()) =>
    new StreamConsumer<Quake>(await quakes({ store, bytes }), { stores: [store], ...codecOf(bytes) });

  test('yields proxies and fetches nothing', async () => {
    const store = new MemoryStore();
    const proxies = await collect(await open(store));
    expect(proxies.map((proxy) => proxy instanceof ObjectProxy)).toEqual([true, true, true]);
    expect(store.calls.get).toBe(0);
  });

  test('yields proxies with their metadata', async () => {
    const pairs = await collect((await open()).iterWithMetadata());
    expect(pairs.map(([metadata]) => metadata)).toEqual(ALL);
    expect(await Promise.all(pairs.map(([, proxy]) => proxy.resolve()))).toEqual(ALL);
  });

  test('yields the objects themselves from iterObjects and iterObjectsWithMetadata', async () => {
    expect(await collect((await open()).iterObjects())).toEqual(ALL);
    expect(await collect((await open()).iterObjectsWithMetadata())).toEqual(PAIRS);
  });

  test('hands the objects themselves to nextObject and nextObjectWithMetadata', async () => {
    const consumer = await open();
    expect(await consumer.nextObject()).toEqual({ done: false, value: { mag: 1 } });
    expect(await consumer.nextObjectWithMetadata()).toEqual({ done: false, value: PAIRS[1] });
  });
});

describe('a consumer', () => {
  test('takes falsy objects for objects', async () => {
    const objects = [0, '', false, null, undefined];
    expect(await collect(new StreamConsumer(new Wire().bring(...stream(objects))))).toEqual(objects);
    const consumer = new StreamConsumer(new Wire().bring(...stream([undefined])));
    expect(await consumer.nextObject()).toEqual({ done: false, value: undefined });
  });

  test('serves calls made at once in turn', async () => {
    const wire = new Wire();
    const consumer = new StreamConsumer<number>(wire);
    const calls = [consumer.next(), consumer.nextWithMetadata(), consumer.nextObject(), consumer.next()];
    wire.bring(...stream([1, 2, 3]));
    expect((await Promise.all(calls)).map(({ value }) => value)).toEqual([1, [{}, 2], 3, undefined]);
  });

  test('counts what it gave out', async () => {
    const consumer = new StreamConsumer<number>(new Wire().bring(...stream([1, 2, 3])));
    await collect(consumer);
    expect(consumer.stats).toEqual({ events: 3, dropped: 0, invalid: 0, duplicates: 0, gaps: 0, missed: 0, filterErrors: 0 });
  });

  test('goes on in a second loop where the first one ended', async () => {
    const consumer = new StreamConsumer<number>(
      new Wire().bring(batch([inline(1), inline(2)]), batch([inline(3), END_OF_STREAM], { seq: 1 })),
    );
    await consumer.next();
    await consumer.next();
    expect(await collect(consumer)).toEqual([3]);
  });

  test('gives each reader of a byte stream an object of its own', async () => {
    const [event] = [{ list: [1] }];
    const message = messagePack.assemble({ topic: 't', producer: 'a'.repeat(32), seq: 0, stores: [] }, [
      messagePack.encodeEvent({ type: 'inline', metadata: {}, object: event }),
    ]);
    const consumers = [1, 2].map(
      () => new StreamConsumer<{ list: number[] }>(new Wire({ codec: messagePack }).bring({ topic: 't', payload: message })),
    );
    const [one, two] = await Promise.all(consumers.map(async (consumer) => (await consumer.next()).value));
    one?.list.push(2);
    expect(two).toEqual({ list: [1] });
  });

  test('leaves a batch as it found it, so that other consumers of the same one are not disturbed', async () => {
    const events = Object.freeze([inline(1, { drop: true }), inline(2), END_OF_STREAM].map(Object.freeze)) as ReturnType<
      typeof stream
    >[0]['events'];
    const shared = Object.freeze(batch(events));
    const filter = (m: { drop?: boolean }) => m.drop === true;
    const consumers = [
      new StreamConsumer<number>(new Wire().bring(shared), { filter }),
      new StreamConsumer<number>(new Wire().bring(shared)),
    ];
    expect(await Promise.all(consumers.map(collect))).toEqual([[2], [1, 2]]);
  });

  test('reads a subscriber that only yields bytes', async () => {
    const header = { topic: 't', producer: 'a'.repeat(32), seq: 0, stores: [] };
    const events = [inline('a'), inline('b'), END_OF_STREAM].map(messagePack.encodeEvent);
    const subscriber: Subscriber = {
      async *[Symbol.asyncIterator]() {
        yield messagePack.assemble(header, events);
      },
      close: async () => {},
      [Symbol.asyncDispose]: async () => {},
    };
    expect(await collect(new StreamConsumer<string>(subscriber, { codec: messagePack }))).toEqual(['a', 'b']);
  });

  test('rejects with what its subscriber fails with, and goes on when that does', async () => {
    let broken = true;
    const wire = new Wire().bring(...stream([1]));
    const subscriber = Object.assign(Object.create(wire) as Wire, {
      batches(options?: object) {
        if (broken) throw new Error('no connection');
        return wire.batches(options);
      },
    });
    const consumer = new StreamConsumer<number>(subscriber);
    await expect(consumer.next()).rejects.toThrow('no connection');
    broken = false;
    expect(await collect(consumer)).toEqual([1]);
  });
});
