/** A store between a producer and its consumers: what is stored is fetched, or goes. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { MemoryConnector } from './connectors/memory.js';
import { StreamConsumer } from './consumer.js';
import { StreamError } from './errors.js';
import { MemoryStore } from './fixtures/memory-store.js';
import { collect, reasonOf } from './fixtures/promises.js';
import { TestPublisher } from './fixtures/test-publisher.js';
import type { ObjectProxy } from './index.js';
import { StreamProducer } from './producer.js';
import { Queue, QueuePublisher, QueueSubscriber } from './shims/queue.js';
import { type Lifetime, Store } from './store.js';

const tile = (n: number) => ({ n, pixels: new Uint8Array(20_000).fill(n) });
type Tile = ReturnType<typeof tile>;

/** A store, and all the keys that were put in it. */
function scene() {
  const connector = new MemoryConnector();
  const store = new Store('tiles', connector);
  const putBatch = vi.spyOn(connector, 'putBatch');
  const keys = () => putBatch.mock.calls.flatMap(([items]) => items.map(({ key }) => key));
  const left = async () => (await Promise.all(keys().map((key) => connector.exists(key)))).filter(Boolean).length;
  return { connector, store, keys, left };
}

/** A queue for each consumer: all of them get each event. */
async function sent(store: Store, queues: readonly Queue[], tiles: readonly Tile[], evict: Lifetime) {
  const producers = queues.map((queue) => new StreamProducer<Tile>(new QueuePublisher(queue), { defaultStore: store }));
  const [first] = producers;
  for (const object of tiles) await first?.send('tiles', object, { evict, metadata: { n: object.n } });
  await first?.closeTopics('tiles');
}

describe('the lifetime of an object', () => {
  test.each<[Lifetime, boolean, boolean]>([
    [true, true, false],
    [false, false, true],
    [{ consumers: 1 }, true, false],
    [{ consumers: 2 }, true, true],
    [{ ttlMs: 60_000 }, true, true],
    [{ consumers: 1, ttlMs: 60_000 }, true, false],
  ])(
    '%j says on the wire whether its store is told of readers (%j), and after one of them it is there: %j',
    async (evict, onWire, after) => {
      const { store, keys, left } = scene();
      const queue = new Queue();
      const publisher = new TestPublisher();
      const spy = new StreamProducer<Tile>(publisher, { defaultStore: store });
      await spy.send('tiles', tile(1), { evict });
      expect(publisher.batches[0]?.events[0]).toMatchObject({ type: 'key', evict: onWire, size: 20_000 + 14 });
      await store.evict(keys()[0] ?? '');
      await sent(store, [queue], [tile(1)], evict);
      const [object] = await collect(new StreamConsumer<Tile>(new QueueSubscriber(queue), { stores: [store] }).iterObjects());
      expect(object).toEqual(tile(1));
      expect(await left()).toBe(after ? 1 : 0);
    },
  );

  test('with consumers is over when the last of them has read or dropped it', async () => {
    const { store, left } = scene();
    const queue = new Queue();
    const producer = new StreamProducer<Tile>(new QueuePublisher(queue), { defaultStore: store });
    await producer.send('tiles', tile(1), { evict: { consumers: 3 } });
    await producer.send('tiles', tile(2), { evict: { consumers: 3 } });
    await producer.closeTopics('tiles');
    const message = queue.mailbox.batches()[Symbol.asyncIterator]();
    const { value } = await message.next();
    const everyone = [{}, {}, { filter: () => true }];
    for (const options of everyone) {
      const copy = new Queue();
      for (const batch of value?.messages ?? []) await copy.mailbox.put(batch as never, 1);
      await collect(new StreamConsumer<Tile>(new QueueSubscriber(copy), { ...options, stores: [store] }).iterObjects());
    }
    expect(await left()).toBe(0);
  });

  test('that the store cannot keep is refused to the sender, and nothing is published', async () => {
    const queue = new Queue();
    const producer = new StreamProducer<number>(new QueuePublisher(queue), { defaultStore: new MemoryStore() });
    await expect(producer.send('t', 1, { evict: { consumers: 2 } })).rejects.toMatchObject({ code: 'unsupported' });
    await producer.send('t', 2, { evict: true });
    await producer.closeTopics('t');
    expect(queue.size).toBe(2);
  });

  test('of an aggregated object is the first of its events that has one', async () => {
    const { store, left } = scene();
    const queue = new Queue();
    const producer = new StreamProducer<Tile>(new QueuePublisher(queue), {
      defaultStore: store,
      batchSize: 3,
      aggregator: ([first]) => first as Tile,
    });
    const lifetimes: Lifetime[] = [false, { consumers: 2 }, true];
    await Promise.all(lifetimes.map((evict, n) => producer.send('tiles', tile(n), { evict })));
    const consumer = new StreamConsumer<Tile>(new QueueSubscriber(queue), { stores: [store] });
    await consumer.nextObject();
    expect(await left()).toBe(1);
  });
});

describe('no object is left behind', () => {
  test('when its event is refused for good, however many were to read it', async () => {
    const { store, keys, left } = scene();
    const publisher = new TestPublisher();
    publisher.refuse = () => new StreamError('not_authorized', 'no');
    const producer = new StreamProducer<Tile>(publisher, { defaultStore: store });
    await expect(producer.send('tiles', tile(1), { evict: { consumers: 3 } })).rejects.toMatchObject({ code: 'not_authorized' });
    await vi.waitFor(async () => expect(await left()).toBe(0));
    expect(keys()).toHaveLength(1);
  });

  test('when its producer is closed before its event could leave', async () => {
    const { store, keys, left } = scene();
    const publisher = new TestPublisher();
    publisher.refuse = () => new Error('away');
    const producer = new StreamProducer<Tile>(publisher, { defaultStore: store });
    await reasonOf(producer.send('tiles', tile(1), { evict: { consumers: 3 } }));
    expect(await left()).toBe(1); // first in line for the next attempt
    await reasonOf(producer.close());
    expect([keys().length, await left()]).toEqual([1, 0]);
  });

  test('when its consumers drop its event', async () => {
    const { store, left } = scene();
    const queue = new Queue();
    await sent(store, [queue], [tile(1), tile(2)], true);
    const gets = vi.spyOn(store, 'get');
    const consumer = new StreamConsumer<Tile>(new QueueSubscriber(queue), { stores: [store], filter: ({ n }) => n === 1 });
    expect(await collect(consumer.iterObjects())).toEqual([tile(2)]);
    expect([gets.mock.calls.length, await left()]).toEqual([1, 0]);
  });

  test('when its consumer has died: it goes when its time has passed', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { store, connector, left } = scene();
    const queue = new Queue();
    await sent(store, [queue], [tile(1)], { consumers: 2, ttlMs: 60_000 });
    await new StreamConsumer<Tile>(new QueueSubscriber(queue), { stores: [store] }).nextObject();
    expect(await left()).toBe(1);
    vi.setSystemTime(Date.now() + 60_000);
    expect(await left()).toBe(0);
    expect(await connector.sweep()).toBe(1);
  });
});

describe('inlineBelow', () => {
  test('is 12,000 bytes unless told otherwise', async () => {
    const { store, keys } = scene();
    const producer = new StreamProducer<Uint8Array>(new QueuePublisher(new Queue()), { defaultStore: store });
    for (const size of [11_900, 12_000]) await producer.send('t', new Uint8Array(size));
    expect(keys().map((key) => store.sizeOf(key))).toEqual([12_000]);
  });

  test('keeps small objects in their event: nothing is stored for them, and they are resolved already', async () => {
    const { connector, keys } = scene();
    const store = new Store('tiles', connector, { inlineBelow: 1000 });
    const queue = new Queue();
    const producer = new StreamProducer<Uint8Array>(new QueuePublisher(queue), { defaultStore: store });
    for (const size of [0, 900, 1000, 5000]) await producer.send('t', new Uint8Array(size));
    await producer.closeTopics('t');
    const proxies = await collect(new StreamConsumer<Uint8Array>(new QueueSubscriber(queue), { stores: [store] }));
    expect(proxies.map(({ resolved }) => resolved)).toEqual([true, true, false, false]);
    expect(keys()).toHaveLength(2);
    expect((await Promise.all(proxies.map((proxy) => proxy.resolve()))).map(({ length }) => length)).toEqual([0, 900, 1000, 5000]);
  });

  test('lets a schema transform what stayed in its event once, as it does what was stored', async () => {
    const store = new Store('tiles', new MemoryConnector(), { inlineBelow: 100 });
    const queue = new Queue();
    const producer = new StreamProducer<number[]>(new QueuePublisher(queue), { defaultStore: store });
    for (const length of [1, 200])
      await producer.send(
        't',
        Array.from({ length }, () => 1000),
      );
    await producer.closeTopics('t');
    const longer = { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value: [...(value as number[]), 0] }) };
    const consumer = new StreamConsumer<number[]>(new QueueSubscriber(queue), { stores: [store], schema: { '~standard': longer } });
    const lengths = (await collect(consumer.iterObjects())).map(({ length }) => length);
    expect(lengths).toEqual([2, 201]);
  });

  test.each([1, 3])('is judged by what an aggregator makes of %d objects', async (batchSize) => {
    const { connector, keys } = scene();
    const store = new Store('tiles', connector, { inlineBelow: 5000 });
    const queue = new Queue();
    const aggregator = (objects: readonly Uint8Array[]) => new Uint8Array(objects.reduce((sum, { length }) => sum + length, 0));
    const producer = new StreamProducer<Uint8Array>(new QueuePublisher(queue), { defaultStore: store, batchSize, aggregator });
    await Promise.all([1, 2, 3].map(() => producer.send('t', new Uint8Array(2000))));
    expect(keys()).toHaveLength(batchSize === 1 ? 0 : 1);
  });
});

test('keys fill a batch, not the objects that they stand for', async () => {
  const { store } = scene();
  const publisher = new TestPublisher();
  const producer = new StreamProducer<Tile>(publisher, { defaultStore: store, batchBytes: 10_000 });
  await Promise.all(Array.from({ length: 50 }, (_, n) => producer.send('tiles', tile(n))));
  expect(publisher.batches.map(({ events }) => events.length)).toEqual([50]);
});

test('a store that is closed under its proxies says so, and the stream goes on', async () => {
  const { store } = scene();
  const queue = new Queue();
  await sent(store, [queue], [tile(1), tile(2)], true);
  const consumer = new StreamConsumer<Tile>(new QueueSubscriber(queue), { stores: [store] });
  const proxies = await collect<ObjectProxy<Tile>>(consumer);
  await store.close();
  for (const proxy of proxies) await expect(proxy.resolve()).rejects.toMatchObject({ code: 'closed' });
  expect(proxies).toHaveLength(2);
});
