/** A descriptor comes from whoever may publish. What it says is believed of nobody, and nothing is asked for on its word alone. */
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { HttpConnector } from './connectors/http.js';
import { MemoryConnector } from './connectors/memory.js';
import { StreamConsumer } from './consumer.js';
import { StreamError } from './errors.js';
import { END_OF_STREAM } from './events.js';
import { collect, reasonOf } from './fixtures/promises.js';
import { batch, byKey, Wire } from './fixtures/wire.js';
import { type Connector, ObjectProxy, Store, type StoreOptions } from './store.js';

/** A store over HTTP, and what was asked of the network. */
function overHttp() {
  const fetched = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('no network in this test'));
  const store = new Store('tiles', new HttpConnector({ url: 'https://objects.example/tiles/', attempts: 1 }));
  onTestFinished(async () => {
    fetched.mockRestore();
    await store.close();
  });
  return { store, fetched };
}

const GOOD = `1r${'a'.repeat(32)}.rs`;

describe('a descriptor', () => {
  test.each<[string, object, string]>([
    ['another origin', { url: 'https://evil.example/tiles/' }, 'unknown_store'],
    ['another folder', { url: 'https://objects.example/' }, 'unknown_store'],
    ['another kind of connector', { kind: 'evil' }, 'unknown_store'],
    ['more than the store says of itself', { headers: { authorization: 'x' } }, 'unknown_store'],
    ['another name', { name: 'scans' }, 'unknown_store'],
  ])('that names %s is refused before any request', async (_, lie, code) => {
    const { store, fetched } = overHttp();
    const descriptor = { store: { ...store.config, ...lie }, key: GOOD, evict: true, size: 1000 };
    expect(() => ObjectProxy.from(descriptor, [store])).toThrow(expect.objectContaining({ code }));
    const wire = new Wire().bring(batch([byKey(GOOD), END_OF_STREAM], { stores: [descriptor.store] }));
    const [proxy] = await collect(new StreamConsumer(wire, { stores: [store] }));
    await expect(proxy?.resolve()).rejects.toMatchObject({ code });
    expect(fetched).not.toHaveBeenCalled();
  });

  test.each<[string, string, string]>([
    ['a path', '../../etc/passwd', 'invalid_key'],
    ['a path behind a good key', `${GOOD}/../secret`, 'invalid_key'],
    ['an encoded path', '%2e%2e%2fsecret', 'invalid_key'],
    ['another URL', 'https://evil.example/', 'invalid_key'],
    ['a query', `${GOOD}?admin`, 'invalid_key'],
    ['a good key and a line end', `${GOOD}\n`, 'invalid_key'],
    ['the marker of an object', `${GOOD}~1`, 'invalid_key'],
    ['a hash that is none', `1r${'a'.repeat(20)}.rs`, 'invalid_key'],
    ['nothing', '', 'invalid_key'],
    ['a key of a version to come', `2${GOOD.slice(1)}`, 'unsupported_version'],
    ['an object of 2 TB', `1r${'a'.repeat(32)}.zzzzzzzz`, 'too_large'],
  ])('whose key is %s is refused before any request', async (_, key, code) => {
    const { store, fetched } = overHttp();
    const proxy = ObjectProxy.from({ store: store.config, key, evict: true, size: 1000 }, [store]);
    await expect(proxy.resolve()).rejects.toMatchObject({ code });
    await expect(proxy.stream().getReader().read()).rejects.toMatchObject({ code });
    if (code !== 'too_large')
      for (const ask of ['exists', 'evict', 'release'] as const) await expect(store[ask](key)).rejects.toMatchObject({ code });
    expect(fetched).not.toHaveBeenCalled();
  });

  test('whatever its key, leads to no other place than the folder of its store', async () => {
    const { store, fetched } = overHttp();
    const anyKey = fc.oneof(
      fc.string(),
      fc.webPath(),
      fc.webUrl(),
      fc.stringMatching(/^1[mrcf][\w-]{10}([\w-]{22})?\.[0-9a-z]{1,8}(\.[0-9a-z]{1,2})?.?$/),
    );
    await fc.assert(
      fc.asyncProperty(anyKey, async (key) => {
        fetched.mockClear();
        const error = await reasonOf(store.get(key, { signal: AbortSignal.timeout(1) }));
        expect(error).toBeInstanceOf(key.startsWith('1f') ? Error : StreamError);
        for (const [asked] of fetched.mock.calls) expect(String(asked)).toBe(`https://objects.example/tiles/${key}`);
      }),
      { numRuns: 500 },
    );
  });

  test('shows nothing of how its store is reached', async () => {
    const connector = new HttpConnector({
      url: 'https://objects.example/tiles/',
      headers: () => ({ authorization: 'Bearer secret' }),
      sign: ({ url }) => `${url}?signature=secret`,
    });
    const { config } = new Store('tiles', connector);
    expect(config).toEqual({ kind: 'http', url: 'https://objects.example/tiles/', name: 'tiles' });
  });
});

describe('an object that is not what its key says', () => {
  test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['changed', (bytes) => bytes.with(500, 0)],
    ['shorter', (bytes) => bytes.subarray(1)],
    ['longer', (bytes) => new Uint8Array([...bytes, 0])],
    ['empty', () => new Uint8Array()],
  ])('but %s is corrupt, is not evicted, and is never taken for it later', async (_, change) => {
    const { store, inner } = tampered(change, { cacheBytes: 10_000 });
    const proxy = await store.proxy(new Uint8Array(1000).fill(7), true);
    for (const _ of [1, 2]) await expect(proxy.resolve()).rejects.toMatchObject({ code: 'object_corrupt' });
    expect(await inner.exists('key' in proxy.descriptor ? proxy.descriptor.key : '')).toBe(true);
  });

  test('but an honest one of somebody else’s is corrupt, too', async () => {
    const inner = new MemoryConnector();
    const store = new Store('tiles', inner);
    const [mine, theirs] = await store.putBatch(['mine', 'evil']);
    await inner.put(mine ?? '', (await inner.get(theirs ?? '')) as Uint8Array);
    await expect(store.get(mine ?? '')).rejects.toMatchObject({ code: 'object_corrupt' });
  });

  test('however a bit of it is turned', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (bytes, at, bits) => {
          const { store } = tampered((bytes) => bytes.with(at % bytes.length, (bytes[at % bytes.length] ?? 0) ^ bits));
          const key = await store.put(bytes);
          await expect(store.get(key)).rejects.toMatchObject({ code: 'object_corrupt' });
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('where the page may not hash', () => {
  test('objects are put without a hash and read unverified, which is counted; their length still counts', async () => {
    withoutHashes();
    const { store } = tampered((bytes) => bytes);
    const key = await store.put('object');
    expect(key).toMatch(/^1m[\w-]{10}\.7$/);
    expect(await store.get(key)).toBe('object');
    expect(store.metrics.unverified).toBe(1);
    const short = tampered((bytes) => bytes.subarray(1)).store;
    await expect(short.get(await short.put('object'))).rejects.toMatchObject({ code: 'object_corrupt' });
  });

  test('a store that always verifies neither puts nor reads', async () => {
    const { store } = tampered((bytes) => bytes, { verify: 'always' });
    const key = await store.put('object');
    withoutHashes();
    await expect(store.get(key)).rejects.toMatchObject({ code: 'unsupported' });
    await expect(store.put('object')).rejects.toMatchObject({ code: 'unsupported' });
  });
});

/** A store whose connector brings what `change` makes of the bytes. */
function tampered(change: (bytes: Uint8Array) => Uint8Array, options?: StoreOptions) {
  const inner = new MemoryConnector();
  const connector: Connector = Object.create(inner, {
    get: {
      value: async (key: string) => {
        const bytes = await inner.get(key);
        return bytes && change(bytes);
      },
    },
    exists: { value: (key: string) => inner.exists(key) },
    release: { value: (key: string) => inner.release(key) },
    evict: { value: (key: string) => inner.evict(key) },
    putBatch: { value: undefined },
    put: { value: (key: string, bytes: Uint8Array) => inner.put(key, bytes) },
    close: { value: () => inner.close() },
  });
  return { inner, store: new Store('tiles', connector, options) };
}

function withoutHashes(): void {
  const subtle = vi.spyOn(crypto, 'subtle', 'get').mockReturnValue(undefined as never);
  onTestFinished(() => subtle.mockRestore());
}
