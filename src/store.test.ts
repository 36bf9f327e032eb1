import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { MemoryConnector } from './connectors/memory.js';
import { anyData } from './fixtures/data.js';
import { deferred, reasonOf, stateOf } from './fixtures/promises.js';
import type { FetchOptions } from './store/connector.js';
import { type Connector, type Lifetime, ObjectProxy, Store, type StoreOptions } from './store.js';

/** A store that is closed when the test is over, and what lies under it. */
function open(options?: StoreOptions) {
  const connector = new MemoryConnector();
  const store = new Store('tiles', connector, options);
  onTestFinished(() => store.close());
  return { connector, store };
}

/** Bytes of which no two are alike nearby. */
function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255);
}

describe('an object', () => {
  test('comes back as it was put, whatever data it is', async () => {
    const { store } = open();
    await fc.assert(
      fc.asyncProperty(anyData, async (object) => {
        expect(await store.get(await store.put(object))).toEqual(object);
      }),
      { numRuns: 200 },
    );
  });

  test.each([[undefined], [null], [0], [''], [false]])('may be %j', async (object) => {
    const { store } = open();
    expect(await store.get(await store.put(object))).toBe(object);
  });

  test('that is bytes lies there as it is, and every reader has bytes of their own', async () => {
    const { store, connector } = open({ cacheBytes: 1000 });
    const key = await store.put(bytes(100));
    expect(await connector.get(key)).toEqual(bytes(100));
    for (const _ of [1, 2, 3]) {
      const object = (await store.get(key)) as Uint8Array;
      expect(object).toEqual(bytes(100));
      object.fill(0);
    }
  });

  test('is named by a key that says its kind, its hash and its length, and never twice the same', async () => {
    const { store } = open();
    const keys = [await store.put(bytes(1000)), await store.put(bytes(1000))];
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes(1000) as BufferSource));
    const hash = btoa(String.fromCharCode(...digest))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .slice(0, 22);
    for (const key of keys) expect(key).toMatch(/^1r[\w-]{32}\.rs$/);
    expect(keys.map((key) => key.slice(12, 34))).toEqual([hash, hash]);
    expect(keys[0]).not.toBe(keys[1]);
  });

  test('that is no data is refused, and one that is too large, and nothing is stored', async () => {
    const { store, connector } = open({ maxBytes: 100 });
    const put = vi.spyOn(connector, 'put');
    await expect(store.put(() => {})).rejects.toMatchObject({ code: 'not_encodable' });
    await expect(store.put(bytes(101))).rejects.toMatchObject({ code: 'too_large' });
    expect(put).not.toHaveBeenCalled();
    await store.put(bytes(100));
  });

  test('for which there is no room is refused by its code', async () => {
    const store = new Store('small', new MemoryConnector({ maxBytes: 100 }));
    await store.put(bytes(60));
    await expect(store.put(bytes(60))).rejects.toMatchObject({ code: 'quota_exceeded' });
  });

  test('may be written in a way of one’s own, which both ends must know', async () => {
    const { store, connector } = open({
      serializer: {
        serialize: async (object) => new TextEncoder().encode(JSON.stringify(object)),
        deserialize: (json) => JSON.parse(new TextDecoder().decode(json)),
      },
    });
    const key = await store.put({ a: 1 });
    expect(new TextDecoder().decode(await connector.get(key))).toBe('{"a":1}');
    expect(await store.get(key)).toEqual({ a: 1 });
    await expect(new Store('tiles', connector).get(key)).rejects.toMatchObject({ code: 'unsupported' });
  });

  test('that its reader cannot make sense of is corrupt', async () => {
    const fails = () => {
      throw new Error('what is that?');
    };
    const { store } = open({ serializer: { serialize: () => bytes(3), deserialize: fails } });
    const key = await store.put(1);
    await expect(store.get(key)).rejects.toMatchObject({ code: 'object_corrupt', cause: { message: 'what is that?' } });
  });
});

describe('many objects', () => {
  test('are put at once, and each has its key', async () => {
    const { store } = open();
    const keys = await store.putBatch(['a', 'b', 'c']);
    expect(await Promise.all(keys.map((key) => store.get(key)))).toEqual(['a', 'b', 'c']);
  });

  test('are all stored or none, also where the connector takes one at a time', async () => {
    const inner = new MemoryConnector({ maxBytes: 250 });
    const one = single(inner);
    const store = new Store('small', one);
    const put = vi.spyOn(one, 'put');
    await expect(store.putBatch([bytes(100), bytes(100), bytes(100)])).rejects.toMatchObject({ code: 'quota_exceeded' });
    const keys = put.mock.calls.map(([key]) => key);
    expect(await Promise.all(keys.map((key) => inner.exists(key)))).toEqual([false, false, false]);
  });

  test('have proxies made for them, each with the lifetime in its place', async () => {
    const { store } = open();
    const [once, kept] = await store.proxyBatch(['a', 'b'], [true, false]);
    for (const proxy of [once, kept]) await proxy?.resolve();
    expect(await Promise.all([once, kept].map((proxy) => store.exists(keyOf(proxy))))).toEqual([false, true]);
  });
});

describe('a proxy', () => {
  test('says whether its object is here, and which size it has', async () => {
    const { store } = open();
    const proxy = await store.proxy(bytes(500));
    expect(proxy.resolved).toBe(false);
    expect(proxy.descriptor).toMatchObject({ size: 500, evict: false });
    await proxy.resolve();
    expect(proxy.resolved).toBe(true);
  });

  test('goes anywhere as plain data, and finds its store there by its name and place', async () => {
    const { store, connector } = open();
    const proxy = await store.proxy({ a: 1 });
    const there = ObjectProxy.from<{ a: number }>(JSON.parse(JSON.stringify(proxy.descriptor)), [new Store('tiles', connector)]);
    expect(await there.resolve()).toEqual({ a: 1 });
    for (const other of [new Store('tiles', new MemoryConnector()), new Store('scans', connector)])
      expect(() => ObjectProxy.from(proxy.descriptor, [other])).toThrow(expect.objectContaining({ code: 'unknown_store' }));
  });

  test('whose store is closed meanwhile says so, at once and later', async () => {
    const { store, connector } = open();
    const proxy = await store.proxy('object');
    connector.get = () => new Promise(() => {});
    const resolving = proxy.resolve();
    await store.close();
    await expect(resolving).rejects.toMatchObject({ code: 'closed', details: { store: 'tiles' } });
    await expect(proxy.resolve()).rejects.toMatchObject({ code: 'closed' });
    await expect(store.put(1)).rejects.toMatchObject({ code: 'closed' });
  });

  test('that two resolve while a third evicts gives both the object, or tells both that it is missing', async () => {
    const { store } = open();
    for (let round = 0; round < 20; round++) {
      const key = await store.put(bytes(1000), true);
      const proxy = () => ObjectProxy.from<Uint8Array>({ store: store.config, key, evict: true, size: 1000 }, [store]);
      const outcomes = await Promise.allSettled([proxy().resolve(), proxy().resolve(), store.evict(key)]);
      expect(outcomes[2].status).toBe('fulfilled');
      for (const outcome of outcomes.slice(0, 2)) {
        if (outcome.status === 'fulfilled') expect(outcome.value).toEqual(bytes(1000));
        else expect(outcome.reason).toMatchObject({ code: 'object_missing' });
      }
      expect(await store.exists(key)).toBe(false);
    }
  });
});

describe('a lifetime', () => {
  test('of one consumer ends with the first resolve', async () => {
    const { store } = open();
    const proxy = await store.proxy('object', true);
    expect(await proxy.resolve()).toBe('object');
    expect(await store.exists(keyOf(proxy))).toBe(false);
  });

  test('of three consumers ends with the third, whoever they are', async () => {
    const { store } = open();
    const { descriptor } = await store.proxy('object', { consumers: 3 });
    const there: boolean[] = [];
    for (const _ of [1, 2, 3]) {
      const proxy = ObjectProxy.from(descriptor, [store]);
      expect(await Promise.all([proxy.resolve(), proxy.resolve()])).toEqual(['object', 'object']);
      there.push(await store.exists('key' in descriptor ? descriptor.key : ''));
    }
    expect(there).toEqual([true, true, false]);
    await expect(ObjectProxy.from(descriptor, [store]).resolve()).rejects.toMatchObject({ code: 'object_missing' });
  });

  test.each<[string, Lifetime, number | undefined]>([
    ['as long as it says', { ttlMs: 5000 }, 5000],
    ['that long at most, with consumers', { consumers: 2, ttlMs: 5000 }, 5000],
    ['a day, when it waits for somebody who may never come', true, 86_400_000],
    ['a day, when it waits for several', { consumers: 2 }, 86_400_000],
    ['for good otherwise', false, undefined],
  ])('is %s', async (_, lifetime, expected) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { store, connector } = open();
    const key = await store.put('object', lifetime);
    vi.setSystemTime(Date.now() + (expected ?? 1e12) - 1);
    expect(await store.get(key)).toBe('object');
    vi.setSystemTime(Date.now() + 1);
    if (expected !== undefined) await expect(store.get(key)).rejects.toMatchObject({ code: 'object_missing' });
    expect(await store.exists(key)).toBe(expected === undefined);
    expect(await connector.sweep()).toBe(expected === undefined ? 0 : 1);
  });

  test('that has passed is swept within a minute or so, without being asked', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { store, connector } = open();
    const sweep = vi.spyOn(connector, 'sweep');
    await store.put('object', { ttlMs: 1000 });
    await vi.advanceTimersByTimeAsync(61_000);
    expect(await sweep.mock.results[0]?.value).toBe(1);
  });

  test.each([{ consumers: 0 }, { consumers: 1.5 }, { consumers: 1e6 }, { ttlMs: 0 }, { ttlMs: Number.NaN }])(
    'of %j is a TypeError',
    async (lifetime) => {
      await expect(open().store.put('object', lifetime)).rejects.toThrow(TypeError);
    },
  );

  test('of several consumers is refused where nobody counts them', async () => {
    const store = new Store('plain', single(new MemoryConnector()));
    await expect(store.put('object', { consumers: 2 })).rejects.toMatchObject({ code: 'unsupported' });
    expect(await (await store.proxy('object', true)).resolve()).toBe('object');
  });
});

describe('a cache', () => {
  test('spares what was read lately from being fetched again, within its bytes', async () => {
    const { store, connector } = open({ cacheBytes: 250 });
    const [a, b, c] = (await store.putBatch([bytes(100), bytes(101), bytes(102)])) as [string, string, string];
    const get = vi.spyOn(connector, 'get');
    for (const key of [a, b, a, b]) await store.get(key);
    expect([get.mock.calls.length, store.metrics.hits]).toEqual([2, 2]);
    await store.get(a);
    await store.get(c); // b was used least recently
    await store.get(a);
    expect(get.mock.calls.map(([key]) => key)).toEqual([a, b, c]);
    await store.get(b);
    expect(get.mock.calls.at(-1)?.[0]).toBe(b);
  });

  test('forgets what is evicted or released', async () => {
    const { store } = open({ cacheBytes: 1000 });
    for (const lifetime of [false, true]) {
      const proxy = await store.proxy('object', lifetime);
      await proxy.resolve();
      if (!lifetime) await store.evict(keyOf(proxy));
      await expect(store.get(keyOf(proxy))).rejects.toMatchObject({ code: 'object_missing' });
    }
  });

  test('keeps nothing unless told to', async () => {
    const { store } = open();
    const key = await store.put('object');
    await store.get(key);
    await store.get(key);
    expect(store.metrics).toMatchObject({ hits: 0, get: { count: 2 } });
  });
});

test('metrics count operations, failures, bytes, hits and time', async () => {
  const { store } = open({ cacheBytes: 1000 });
  const clock = vi.spyOn(performance, 'now').mockReturnValueOnce(1000).mockReturnValueOnce(1005);
  onTestFinished(() => clock.mockRestore());
  const key = await store.put(bytes(100));
  await store.get(key);
  await store.get(key);
  await store.exists(key);
  await store.evict(key);
  await reasonOf(store.get(key));
  expect(store.metrics).toMatchObject({
    put: { count: 1, failed: 0, bytes: 100, ms: 5 },
    get: { count: 3, failed: 1, bytes: 100 },
    exists: { count: 1, failed: 0 },
    evict: { count: 1, failed: 0 },
    hits: 1,
    unverified: 0,
  });
});

describe('a stream', () => {
  test('brings the bytes of an object, tells how far it is, and releases it at its end', async () => {
    const { store } = open();
    const proxy = await store.proxy(bytes(200_000), true);
    const onProgress = vi.fn();
    const received = await collected(proxy.stream({ onProgress }));
    expect(received).toEqual(bytes(200_000));
    expect(onProgress.mock.calls.at(-1)).toEqual([200_000, 200_000]);
    expect(await store.exists(keyOf(proxy))).toBe(false);
  });

  test('that is left releases nothing', async () => {
    const { store } = open();
    const proxy = await store.proxy(bytes(200_000), true);
    const reader = proxy.stream().getReader();
    await reader.read();
    await reader.cancel();
    expect(await store.exists(keyOf(proxy))).toBe(true);
  });

  test('of what is no bytes is refused, of an inline object, too', async () => {
    const { store } = open();
    for (const proxy of [await store.proxy({ a: 1 }), new ObjectProxy<object>({ object: { a: 1 } })])
      await expect(proxy.stream().getReader().read()).rejects.toMatchObject({ code: 'unsupported' });
    expect(await collected(new ObjectProxy<Uint8Array>({ object: bytes(10) }).stream())).toEqual(bytes(10));
  });

  test('of an object that is missing, short or long ends with that error', async () => {
    const { store, connector } = streaming((whole) => whole);
    const key = await store.put(bytes(100));
    await store.evict(key);
    await expect(collected(store.stream(key))).rejects.toMatchObject({ code: 'object_missing' });
    for (const change of [(whole: Uint8Array) => whole.subarray(1), (whole: Uint8Array) => new Uint8Array([...whole, 1])]) {
      const { store } = streaming(change, connector);
      const key = await store.put(bytes(100));
      await expect(collected(store.stream(key))).rejects.toMatchObject({ code: 'object_corrupt' });
    }
  });

  test('counts as unverified, and brings nothing but what is verified where that is wanted', async () => {
    const { store, connector } = streaming((whole) => whole);
    const key = await store.put(bytes(100));
    await collected(store.stream(key));
    expect(store.metrics.unverified).toBe(1);
    const strict = new Store('tiles', changed(connector), { verify: 'always' });
    await expect(collected(strict.stream(key))).rejects.toMatchObject({ code: 'object_corrupt' });
  });

  test('ends with the reason of its signal', async () => {
    const { store } = open();
    const key = await store.put(bytes(100));
    await expect(
      store
        .stream(key, { signal: AbortSignal.abort('enough') })
        .getReader()
        .read(),
    ).rejects.toBe('enough');
  });
});

describe('progress', () => {
  test('is told to everyone who waits, and a caller who gives up stops no one else', async () => {
    const { store, connector } = open();
    const proxy = await store.proxy(bytes(100));
    const half = deferred<FetchOptions>();
    const rest = deferred();
    const { get } = connector;
    connector.get = async (key, options = {}) => {
      options.onProgress?.(50, 100);
      half.resolve(options);
      await rest.promise;
      return get.call(connector, key, options);
    };
    const control = new AbortController();
    const listeners = [vi.fn(), vi.fn()];
    const [first, second] = [
      proxy.resolve({ onProgress: listeners[0], signal: control.signal }),
      proxy.resolve({ onProgress: listeners[1] }),
    ];
    await half.promise;
    control.abort('enough');
    await expect(first).rejects.toBe('enough');
    rest.resolve();
    expect(await second).toEqual(bytes(100));
    expect(listeners.map(({ mock }) => mock.calls)).toEqual([
      [[50, 100]],
      [
        [50, 100],
        [100, 100],
      ],
    ]);
  });
});

describe('a get that is given up', () => {
  test('ends at once, though its connector does not hear of it', async () => {
    const { store, connector } = open();
    const key = await store.put('object');
    connector.get = () => new Promise(() => {});
    const control = new AbortController();
    const getting = store.get(key, { signal: control.signal });
    expect(await stateOf(getting)).toBe('pending');
    control.abort('enough');
    await expect(getting).rejects.toBe('enough');
  });
});

function keyOf(proxy: ObjectProxy<unknown> | undefined): string {
  const descriptor = proxy?.descriptor;
  return descriptor && 'key' in descriptor ? descriptor.key : '';
}

async function collected(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const pieces: number[] = [];
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) for (const byte of next.value) pieces.push(byte);
  return Uint8Array.from(pieces);
}

/** A connector that takes one at a time and counts nothing. */
function single(inner: Connector): Connector {
  return {
    config: inner.config,
    reach: inner.reach,
    put: (key, object, options) => inner.put(key, object, options),
    get: (key, options) => inner.get(key, options),
    exists: (key) => inner.exists(key),
    evict: (key) => inner.evict(key),
    close: () => inner.close(),
  };
}

/** A store whose connector streams what `change` makes of its objects. */
function streaming(change: (whole: Uint8Array) => Uint8Array, inner: Connector = new MemoryConnector()) {
  const connector: Connector = {
    ...single(inner),
    async stream(key) {
      const whole = await inner.get(key);
      return whole && new Blob([change(whole) as BlobPart]).stream();
    },
  };
  return { connector, store: new Store('tiles', connector) };
}

/** One that brings other bytes than were put. */
function changed(inner: Connector): Connector {
  return { ...single(inner), get: async (key) => (await inner.get(key))?.map((byte) => byte ^ 1) };
}
