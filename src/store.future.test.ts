import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { HttpConnector } from './connectors/http.js';
import { MemoryConnector } from './connectors/memory.js';
import { StreamConsumer } from './consumer.js';
import { stateOf } from './fixtures/promises.js';
import { StreamProducer } from './producer.js';
import { Queue, QueuePublisher, QueueSubscriber } from './shims/queue.js';
import { ObjectProxy, Store } from './store.js';

/** One store twice, as two pages would have it. */
function twoPages(connect: () => MemoryConnector | HttpConnector = sharedMemory()) {
  const stores = [new Store('tiles', connect()), new Store('tiles', connect())] as const;
  onTestFinished(async () => {
    await Promise.all(stores.map((store) => store.close()));
  });
  return stores;
}

function sharedMemory() {
  const connector = new MemoryConnector();
  return () => connector;
}

describe.each([
  ['in memory', () => sharedMemory()],
  ['over HTTP', () => () => new HttpConnector({ url: inject('objects') })],
])('a future %s', (_, place) => {
  test('is a proxy that goes ahead of its object, and whoever resolves it waits until it is set', async () => {
    const [here, there] = twoPages(place());
    const future = here.future<{ tile: number }>();
    const early = ObjectProxy.from<{ tile: number }>(structuredClone(future.proxy.descriptor), [there]);
    const resolving = early.resolve();
    expect(await stateOf(resolving)).toBe('pending');
    await future.set({ tile: 7 });
    expect(await resolving).toEqual({ tile: 7 });
    const late = ObjectProxy.from<{ tile: number }>(future.proxy.descriptor, [there]);
    expect(await late.resolve()).toEqual({ tile: 7 });
    expect(await future.proxy.resolve()).toEqual({ tile: 7 });
  });

  test('for two consumers is gone with all that it was when the second has it', async () => {
    const [here, there] = twoPages(place());
    const future = here.future<string>({ consumers: 2 });
    const { descriptor } = future.proxy;
    const resolving = [1, 2].map(() => ObjectProxy.from<string>(descriptor, [there]).resolve());
    const put = vi.spyOn(here, 'put');
    await future.set('object');
    expect(await Promise.all(resolving)).toEqual(['object', 'object']);
    const real = await put.mock.results[0]?.value;
    expect(await Promise.all([there.exists(real), there.exists('key' in descriptor ? descriptor.key : '')])).toEqual([false, false]);
  });
});

test('a future can be given up by its signal, and by closing the store', async () => {
  const [here] = twoPages();
  const { proxy } = here.future();
  const control = new AbortController();
  const [impatient, patient] = [proxy.resolve({ signal: control.signal }), proxy.resolve()];
  control.abort('enough');
  await expect(impatient).rejects.toBe('enough');
  await here.close();
  await expect(patient).rejects.toMatchObject({ code: 'closed' });
});

test('a future is set once: again is a TypeError, but for a failure', async () => {
  const connector = new MemoryConnector({ maxBytes: 100 });
  const store = new Store('tiles', connector);
  const future = store.future<Uint8Array>();
  await expect(future.set(new Uint8Array(101))).rejects.toMatchObject({ code: 'quota_exceeded' });
  await future.set(new Uint8Array(10));
  await expect(future.set(new Uint8Array(10))).rejects.toThrow(TypeError);
  expect(await future.proxy.resolve()).toEqual(new Uint8Array(10));
});

test('a future whose last step fails leaves no object behind', async () => {
  const connector = new MemoryConnector();
  const store = new Store('tiles', connector);
  const put = vi.spyOn(connector, 'put').mockImplementation(async (key, bytes) => {
    if (key.startsWith('1f')) throw new Error('stuck');
    await MemoryConnector.prototype.putBatch.call(connector, [{ key, bytes }]);
  });
  await expect(store.future().set('object')).rejects.toThrow('stuck');
  expect(await connector.exists(put.mock.calls[0]?.[0] ?? '')).toBe(false);
});

test('a future is streamed by bytes, and evicted with its object', async () => {
  const [here, there] = twoPages();
  const future = here.future<Uint8Array>();
  await future.set(Uint8Array.of(1, 2, 3));
  const { descriptor } = future.proxy;
  const stream = ObjectProxy.from<Uint8Array>(descriptor, [there]).stream();
  expect(new Uint8Array(await new Response(stream).arrayBuffer())).toEqual(Uint8Array.of(1, 2, 3));
  await here.evict('key' in descriptor ? descriptor.key : '');
  const control = new AbortController();
  const waiting = future.proxy.resolve({ signal: control.signal });
  expect(await stateOf(waiting)).toBe('pending');
  control.abort('enough');
  await expect(waiting).rejects.toBe('enough');
});

test('a future that leads to another future is refused', async () => {
  const connector = new MemoryConnector();
  const store = new Store('tiles', connector);
  const [one, other] = [store.future().proxy.descriptor, store.future().proxy.descriptor].map((descriptor) =>
    'key' in descriptor ? descriptor.key : '',
  );
  await connector.put(one ?? '', new TextEncoder().encode(other));
  await expect(store.get(one ?? '')).rejects.toMatchObject({ code: 'invalid_key' });
});

test('a future travels as an event like any other object', async () => {
  const [here, there] = twoPages();
  const queue = new Queue();
  const future = here.future<string>();
  const producer = new StreamProducer<ObjectProxy<string>['descriptor']>(new QueuePublisher(queue));
  await producer.send('jobs', future.proxy.descriptor);
  const consumer = new StreamConsumer<ObjectProxy<string>['descriptor']>(new QueueSubscriber(queue));
  const { value } = await consumer.next();
  const resolving = value && ObjectProxy.from<string>(value, [there]).resolve();
  await future.set('result');
  expect(await resolving).toBe('result');
});
