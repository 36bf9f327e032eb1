import { afterEach, describe, expect, test, vi } from 'vitest';
import { messagePack } from './codec.js';
import { StreamConsumer } from './consumer.js';
import { MemoryStore } from './fixtures/memory-store.js';
import { collect, stateOf } from './fixtures/promises.js';
import { TestPublisher } from './fixtures/test-publisher.js';
import { ObjectProxy } from './object-proxy.js';
import { StreamProducer } from './producer.js';
import { Queue, QueuePublisher, QueueSubscriber } from './shims/queue.js';

const TEN = Array.from({ length: 10 }, (_, i) => `object ${i}`);

describe.each([1, 2, 3])('ten objects in batches of %i', (batchSize) => {
  test.each([
    { wire: 'events', codec: {} },
    { wire: 'bytes', codec: { codec: messagePack } },
  ])('arrive in order as $wire, then the end', async ({ codec }) => {
    const queue = new Queue();
    const producer = new StreamProducer<string>(new QueuePublisher(queue), { batchSize, ...codec });
    for (const object of TEN) await producer.send('t', object);
    await producer.closeTopics('t');
    expect(queue.size).toBe(batchSize === 1 ? 11 : Math.ceil(10.5 / batchSize));
    expect(await collect(new StreamConsumer<string>(new QueueSubscriber(queue), codec))).toEqual(TEN);
  });

  test.each([
    { wire: 'events', codec: {} },
    { wire: 'bytes', codec: { codec: messagePack } },
  ])('arrive by reference as $wire, unresolved and in order', async ({ codec }) => {
    const queue = new Queue();
    const store = new MemoryStore();
    const producer = new StreamProducer<string>(new QueuePublisher(queue), { batchSize, defaultStore: store, ...codec });
    for (const object of TEN) await producer.send('t', object);
    await producer.closeTopics('t');
    const proxies = await collect(new StreamConsumer<string>(new QueueSubscriber(queue), { stores: [store], ...codec }));
    expect(proxies.every((proxy) => proxy instanceof ObjectProxy)).toBe(true);
    expect(store.calls.get).toBe(0);
    expect(await Promise.all(proxies.map((proxy) => proxy.resolve()))).toEqual(TEN);
  });
});

describe('a batch', () => {
  test('is published by the send that fills it, which settles with it', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { batchSize: 2 });
    publisher.hold();
    await producer.send('t', 'a');
    const filling = producer.send('t', 'b');
    expect(await stateOf(filling)).toBe('pending');
    publisher.release();
    await filling;
    expect(publisher.messages()).toEqual([['a', 'b']]);
  });

  test('stays where it is until it is full or flushed', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { batchSize: 3 });
    await producer.send('t', 'a');
    await producer.send('t', 'b');
    expect(publisher.attempts).toBe(0);
    await producer.flush();
    expect(publisher.messages()).toEqual([['a', 'b']]);
  });

  test('is due once it would pass batchBytes', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<Uint8Array>(publisher, { batchSize: 100, batchBytes: 1300 });
    for (let i = 0; i < 5; i++) await producer.send('t', new Uint8Array(400));
    await publisher.attempted(2);
    expect(publisher.messages().map((objects) => objects.length)).toEqual([2, 2]);
    await producer.flush();
    expect(publisher.contents()).toHaveLength(5);
  });

  test('is as large as the publisher asks for, where nobody says otherwise', async () => {
    const publisher = new TestPublisher({ batchBytes: 1000 });
    const producer = new StreamProducer<Uint8Array>(publisher, { batchSize: 3 });
    for (let i = 0; i < 3; i++) await producer.send('t', new Uint8Array(600));
    await producer.flush();
    expect(publisher.messages()).toHaveLength(3);
  });

  test('may be one event that is larger than batchBytes', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<Uint8Array>(publisher, { batchBytes: 100 });
    await producer.send('t', new Uint8Array(5000));
    expect(publisher.contents()).toHaveLength(1);
  });

  test('holds one topic only', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { batchSize: 2 });
    for (const [topic, object] of [
      ['t', 'a'],
      ['u', 'b'],
      ['t', 'c'],
      ['u', 'd'],
    ] as const)
      await producer.send(topic, object);
    expect(publisher.messages('t')).toEqual([['a', 'c']]);
    expect(publisher.messages('u')).toEqual([['b', 'd']]);
  });
});

describe('flushTopic', () => {
  test('publishes one topic and leaves the others', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { batchSize: 9 });
    await producer.send('t', 'a');
    await producer.send('u', 'b');
    await producer.flushTopic('t');
    expect(publisher.contents('t')).toEqual(['a']);
    expect(publisher.contents('u')).toEqual([]);
  });

  test('publishes nothing for a topic that was never sent to', async () => {
    const publisher = new TestPublisher();
    await new StreamProducer(publisher).flushTopic('t');
    expect(publisher.attempts).toBe(0);
  });

  test('a second time publishes nothing more', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { batchSize: 9 });
    await producer.send('t', 'a');
    await producer.flush();
    await producer.flush();
    expect(publisher.messages()).toEqual([['a']]);
  });
});

describe('linger', () => {
  afterEach(() => vi.useRealTimers());

  test('publishes a partial batch so long after its first event', async () => {
    vi.useFakeTimers();
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { batchSize: 9, lingerMs: 50 });
    await producer.send('t', 'a');
    await vi.advanceTimersByTimeAsync(30);
    await producer.send('t', 'b');
    expect(publisher.attempts).toBe(0);
    await vi.advanceTimersByTimeAsync(20);
    expect(publisher.messages()).toEqual([['a', 'b']]);
  });

  test('begins anew with the first event of the next batch', async () => {
    vi.useFakeTimers();
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { batchSize: 2, lingerMs: 50 });
    await producer.send('t', 'a');
    await vi.advanceTimersByTimeAsync(30);
    await producer.send('t', 'b');
    await producer.send('t', 'c');
    await vi.advanceTimersByTimeAsync(30);
    expect(publisher.messages()).toEqual([['a', 'b']]);
    await vi.advanceTimersByTimeAsync(20);
    expect(publisher.messages()).toEqual([['a', 'b'], ['c']]);
  });

  test('leaves no timer behind a closed producer', async () => {
    vi.useFakeTimers();
    const producer = new StreamProducer<string>(new TestPublisher(), { batchSize: 9, lingerMs: 50 });
    await producer.send('t', 'a');
    await producer.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('options', () => {
  test.each([{ batchSize: 0 }, { batchSize: 1.5 }, { batchBytes: 0 }, { lingerMs: -1 }, { lingerMs: Number.NaN }, { highWaterMark: 0 }])(
    'like %o are refused by name',
    (options) => {
      expect(() => new StreamProducer(new TestPublisher(), options)).toThrow(TypeError);
      expect(() => new StreamProducer(new TestPublisher(), options)).toThrow(Object.keys(options)[0]);
    },
  );
});
