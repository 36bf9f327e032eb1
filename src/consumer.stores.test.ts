import { describe, expect, test, vi } from 'vitest';
import { StreamConsumer } from './consumer.js';
import { END_OF_STREAM, type KeyEvent, type StoreConfig } from './events.js';
import { MemoryStore } from './fixtures/memory-store.js';
import { collect, deferred, reasonOf, turn } from './fixtures/promises.js';
import { batch, byKey, Wire } from './fixtures/wire.js';
import { StreamProducer } from './producer.js';
import { Queue, QueuePublisher, QueueSubscriber } from './shims/queue.js';

/** A message with one event for each key of a store, and the end. */
function wireOf(store: MemoryStore, keys: readonly string[], fields: Partial<KeyEvent> = {}): Wire {
  return new Wire().bring(batch([...keys.map((key) => byKey(key, fields)), END_OF_STREAM], { stores: [store.config] }));
}

describe('an object by reference', () => {
  test.each([true, false])('with evict %s is there before it is fetched, and afterwards unless evicted', async (evict) => {
    const store = new MemoryStore();
    const queue = new Queue();
    const producer = new StreamProducer<string>(new QueuePublisher(queue), { defaultStore: store });
    await producer.send('t', 'object', { evict });
    const consumer = new StreamConsumer<string>(new QueueSubscriber(queue), { stores: [store] });
    const [key] = [...store.objects.keys()] as [string];
    expect(await store.exists(key)).toBe(true);
    expect((await consumer.nextObject()).value).toBe('object');
    expect(await store.exists(key)).toBe(!evict);
  });

  test('that is missing is told with store and key, and the stream goes on', async () => {
    const store = new MemoryStore('tiles');
    const consumer = new StreamConsumer<string>(wireOf(store, ['gone', await store.put('here')]), { stores: [store] });
    expect(await reasonOf(consumer.nextObject())).toMatchObject({ code: 'object_missing', details: { store: 'tiles', key: 'gone' } });
    expect(await consumer.nextObject()).toEqual({ done: false, value: 'here' });
    expect((await consumer.nextObject()).done).toBe(true);
  });

  test('ends a loop over objects when it is missing, and the loop after that goes on with the next', async () => {
    const store = new MemoryStore();
    const consumer = new StreamConsumer<string>(wireOf(store, ['gone', await store.put('here')]), { stores: [store] });
    await expect(collect(consumer.iterObjects())).rejects.toMatchObject({ code: 'object_missing' });
    expect(await collect(consumer.iterObjects())).toEqual(['here']);
  });

  test('is not lost when the call that fetches it is aborted', async () => {
    const store = new MemoryStore();
    const wire = wireOf(store, [await store.put('a'), await store.put('b')]);
    const fetched = deferred();
    store.gate = fetched.promise;
    const consumer = new StreamConsumer<string>(wire, { stores: [store] });
    const control = new AbortController();
    const fetching = consumer.nextObject({ signal: control.signal });
    await turn();
    control.abort('enough');
    await expect(fetching).rejects.toBe('enough');
    fetched.resolve();
    expect(await collect(consumer.iterObjects())).toEqual(['a', 'b']);
  });

  test('is acknowledged only after it was fetched, also when several are asked for at once', async () => {
    const store = new MemoryStore();
    const message = (key: string, seq: number) => batch([byKey(key)], { stores: [store.config], seq });
    const wire = new Wire().bring(message(await store.put('a'), 0), message(await store.put('b'), 1));
    const fetched = deferred();
    store.gate = fetched.promise;
    const consumer = new StreamConsumer<string>(wire, { stores: [store] });
    const objects = [consumer.nextObject(), consumer.nextObject()];
    await turn();
    expect(wire.acknowledged).toEqual([]);
    fetched.resolve();
    expect((await Promise.all(objects)).map(({ value }) => value)).toEqual(['a', 'b']);
    expect(wire.acknowledged).toHaveLength(1);
  });

  test('of a store that the consumer was not given is a proxy that says so, for others to resolve', async () => {
    const [mine, theirs] = [new MemoryStore('mine'), new MemoryStore('theirs')];
    const key = await theirs.put('object');
    const consumer = new StreamConsumer<string>(wireOf(theirs, [key]), { stores: [mine] });
    const { value: proxy } = await consumer.next();
    expect(await reasonOf(Promise.resolve(proxy?.resolve()))).toMatchObject({ code: 'unknown_store', details: { store: 'theirs' } });
    expect(proxy?.descriptor).toMatchObject({ key, store: { name: 'theirs' } });
  });
});

describe('stores', () => {
  test('of one name are told apart by the rest of their configs', async () => {
    const [eu, us] = [new MemoryStore('tiles', { region: 'eu' }), new MemoryStore('tiles', { region: 'us' })];
    const keys = [await eu.put('from eu'), await us.put('from us')] as const;
    expect(keys[0]).toBe(keys[1]);
    const events = [byKey(keys[0], { store: 0 }), byKey(keys[1], { store: 1 }), END_OF_STREAM];
    const wire = new Wire().bring(batch(events, { stores: [eu.config, us.config] }));
    expect(await collect(new StreamConsumer<string>(wire, { stores: [us, eu] }).iterObjects())).toEqual(['from eu', 'from us']);
  });

  test('of two producers on one topic do not mix', async () => {
    const queue = new Queue();
    const stores = [new MemoryStore('a'), new MemoryStore('b')];
    for (const store of stores)
      await new StreamProducer<string>(new QueuePublisher(queue), { defaultStore: store }).send('t', `in ${store.name}`);
    const consumer = new StreamConsumer<string>(new QueueSubscriber(queue), { stores });
    expect([await consumer.nextObject(), await consumer.nextObject()].map(({ value }) => value)).toEqual(['in a', 'in b']);
  });

  test('may be opened by a function that is asked once for each config, and may decline', async () => {
    const store = new MemoryStore('tiles');
    const keys = [await store.put('a'), await store.put('b')];
    const other: StoreConfig = { name: 'other' };
    const events = [...keys.map((key) => byKey(key)), byKey('k', { store: 1 }), END_OF_STREAM];
    const open = vi.fn(({ name }: StoreConfig) => (name === 'tiles' ? store : undefined));
    const consumer = new StreamConsumer<string>(new Wire().bring(batch(events, { stores: [store.config, other] })), { stores: open });
    expect([await consumer.nextObject(), await consumer.nextObject()].map(({ value }) => value)).toEqual(['a', 'b']);
    await expect(consumer.nextObject()).rejects.toMatchObject({ code: 'unknown_store' });
    expect(open.mock.calls).toEqual([[store.config], [other]]);
  });

  test('that cannot be opened skip the object and say why', async () => {
    const onInvalid = vi.fn();
    const stores = () => {
      throw new Error('not trusted');
    };
    expect(await collect(new StreamConsumer(wireOf(new MemoryStore('tiles'), ['k']), { stores, onInvalid }))).toEqual([]);
    expect(onInvalid.mock.calls).toMatchObject([[{ code: 'unknown_store', cause: { message: 'not trusted' } }]]);
  });
});

describe('closing a consumer', () => {
  test('closes the stores that it opened, when told to', async () => {
    const store = new MemoryStore();
    const open = async () => {
      const consumer = new StreamConsumer<string>(wireOf(store, ['k']), { stores: () => store });
      await consumer.next();
      return consumer;
    };
    await (await open()).close();
    expect(store.calls.close).toBe(0);
    await (await open()).close({ stores: true });
    expect(store.calls.close).toBe(1);
  });

  test('never closes a store that it was given, nor evicts anything', async () => {
    const store = new MemoryStore();
    const consumer = new StreamConsumer<string>(wireOf(store, [await store.put('object')]), { stores: [store] });
    await consumer.next();
    await consumer.close({ stores: true });
    expect(store.calls).toMatchObject({ close: 0, evict: 0 });
    expect(store.objects.size).toBe(1);
  });

  test('closes its stores even when its subscriber cannot be closed', async () => {
    const store = new MemoryStore();
    const wire = wireOf(store, ['k']);
    wire.close = () => Promise.reject(new Error('stuck'));
    const consumer = new StreamConsumer<string>(wire, { stores: () => store });
    await consumer.next();
    await expect(consumer.close({ stores: true })).rejects.toThrow('stuck');
    expect(store.calls.close).toBe(1);
  });
});
