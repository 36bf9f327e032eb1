import { describe, expect, test } from 'vitest';
import { StreamError } from './errors.js';
import type { KeyEvent } from './events.js';
import { BatchMemoryStore, MemoryStore } from './fixtures/memory-store.js';
import { TestPublisher } from './fixtures/test-publisher.js';
import { StreamProducer } from './producer.js';

describe('a store', () => {
  test('holds the object before its event is published', async () => {
    const store = new MemoryStore();
    const publisher = new TestPublisher();
    const there: boolean[] = [];
    publisher.refuse = ({ events }) => void there.push(...events.map((event) => store.objects.has((event as KeyEvent).key)));
    await new StreamProducer<string>(publisher, { defaultStore: store }).send('t', 'a');
    expect(there).toEqual([true]);
  });

  test('is named once in each batch, and each event carries its key, its size and whether to evict', async () => {
    const store = new MemoryStore('tiles', { region: 'eu' });
    const publisher = new TestPublisher();
    const producer = new StreamProducer<Uint8Array>(publisher, { defaultStore: store, batchSize: 2 });
    await producer.send('t', new Uint8Array(7), { metadata: { n: 1 } });
    await producer.send('t', new Uint8Array(9), { evict: false });
    expect(publisher.batches[0]).toMatchObject({
      stores: [{ name: 'tiles', region: 'eu' }],
      events: [
        { type: 'key', metadata: { n: 1 }, store: 0, key: 'tiles-0', evict: true, size: 7 },
        { type: 'key', metadata: {}, store: 0, key: 'tiles-1', evict: false, size: 9 },
      ],
    });
  });

  test('of a topic beats the default one, and undefined as an entry means in the event', async () => {
    const [own, common] = [new MemoryStore('own'), new MemoryStore('common')];
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { defaultStore: common, stores: { mine: own, none: undefined } });
    for (const topic of ['mine', 'none', 'other']) await producer.send(topic, topic);
    expect(publisher.contents('mine')).toEqual(['own-0']);
    expect(publisher.contents('none')).toEqual(['none']);
    expect(publisher.contents('other')).toEqual(['common-0']);
  });

  test('is not mistaken for one by a topic named like a property of every object', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { stores: {} });
    await producer.send('constructor', 'a');
    await producer.send('__proto__', 'b');
    expect([publisher.contents('constructor'), publisher.contents('__proto__')]).toEqual([['a'], ['b']]);
  });

  test('that takes many at once is given a batch at once', async () => {
    const store = new BatchMemoryStore();
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { defaultStore: store, batchSize: 3 });
    for (const object of ['a', 'b', 'c']) await producer.send('t', object);
    expect(store.calls.putLarge).toBe(1);
    expect(publisher.contents()).toEqual(['memory-0', 'memory-1', 'memory-2']);
  });

  test('that fails keeps the batch for the next flush, and what it took is not stored twice', async () => {
    const store = new MemoryStore();
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { defaultStore: store, batchSize: 2 });
    await producer.send('t', 'a');
    store.failures.put = new Error('full');
    await expect(producer.send('t', 'b')).rejects.toThrow('full');
    expect(publisher.attempts).toBe(0);
    store.failures.put = undefined;
    await producer.flush();
    expect([...store.objects.values()]).toEqual(['a', 'b']);
    expect(publisher.contents()).toEqual([...store.objects.keys()]);
  });

  test('holds an object once, however often its publish is tried', async () => {
    const store = new MemoryStore();
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { defaultStore: store });
    publisher.failure = new Error('away');
    for (let i = 0; i < 3; i++) await expect(i === 0 ? producer.send('t', 'a') : producer.flush()).rejects.toThrow('away');
    publisher.failure = undefined;
    await producer.flush();
    expect(store.calls.put).toBe(1);
    expect(publisher.contents()).toEqual([...store.objects.keys()]);
  });

  test('keeps no object whose event is refused for good', async () => {
    const store = new MemoryStore();
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { defaultStore: store });
    publisher.failure = new StreamError('not_authorized', 'not here');
    await expect(producer.send('t', 'a')).rejects.toMatchObject({ code: 'not_authorized' });
    expect(store.objects.size).toBe(0);
    publisher.failure = undefined;
    await producer.flush();
    expect(publisher.batches).toEqual([]);
  });

  test('keeps no object whose event could not be published before closing', async () => {
    const store = new MemoryStore();
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { defaultStore: store, batchSize: 9 });
    await producer.send('t', 'a');
    publisher.failure = new Error('away');
    await expect(producer.close()).rejects.toThrow('away');
    expect(store.calls.put).toBe(1);
    expect(store.objects.size).toBe(0);
  });

  test('is never asked about what the filter drops', async () => {
    const store = new MemoryStore();
    const producer = new StreamProducer<string>(new TestPublisher(), { defaultStore: store, filter: () => true });
    await producer.send('t', 'a');
    await producer.flush();
    expect(store.calls.put).toBe(0);
  });
});
