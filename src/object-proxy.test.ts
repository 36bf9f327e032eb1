import { describe, expect, test, vi } from 'vitest';
import { MemoryStore } from './fixtures/memory-store.js';
import { deferred, reasonOf } from './fixtures/promises.js';
import { batch } from './fixtures/wire.js';
import type { ObjectProxy } from './object-proxy.js';
import { openObjectReader } from './object-reader.js';

/** A store with one object, and the proxy that a consumer makes of its event. */
async function stored(evict = true, objects: readonly unknown[] = [{ tile: 7 }]) {
  const store = new MemoryStore('tiles');
  const key = await store.put(objects[0]);
  const event = { type: 'key', metadata: {}, store: 0, key, evict, size: 0 } as const;
  const proxy = openObjectReader<unknown>({ stores: [store] }).read(event, batch([], { stores: [store.config] })) as ObjectProxy<unknown>;
  return { store, key, proxy };
}

describe('a proxy', () => {
  test('is not thenable: awaiting it downloads nothing', async () => {
    const { store, proxy } = await stored();
    expect(await proxy).toBe(proxy);
    expect('then' in proxy).toBe(false);
    expect(store.calls.get).toBe(0);
  });

  test('fetches once, however many callers, and evicts once', async () => {
    const { store, proxy } = await stored();
    const objects = await Promise.all([proxy.resolve(), proxy.resolve()]);
    expect([...objects, await proxy.resolve()]).toEqual([{ tile: 7 }, { tile: 7 }, { tile: 7 }]);
    expect(store.calls).toMatchObject({ get: 1, evict: 1 });
  });

  test('evicts only if its event said so', async () => {
    const [once, kept] = [await stored(true), await stored(false)];
    await Promise.all([once.proxy.resolve(), kept.proxy.resolve()]);
    expect([once.store.objects.size, kept.store.objects.size]).toEqual([0, 1]);
  });

  test.each([[undefined], [null], [0], ['']])('takes a stored %j for an object', async (object) => {
    const { proxy } = await stored(false, [object]);
    expect(await proxy.resolve()).toBe(object);
  });

  test('gives the object even when it cannot be evicted, and reports that', async () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { store, proxy } = await stored();
    store.failures.evict = new Error('stuck');
    expect(await proxy.resolve()).toEqual({ tile: 7 });
    expect(report.mock.calls).toEqual([[store.failures.evict]]);
    report.mockRestore();
  });

  test('tries again after a failure', async () => {
    const { store, proxy } = await stored();
    store.failures.get = new Error('away');
    expect(await reasonOf(proxy.resolve())).toBe(store.failures.get);
    store.failures.get = undefined;
    expect(await proxy.resolve()).toEqual({ tile: 7 });
  });

  test('tells which object is missing', async () => {
    const { store, key, proxy } = await stored();
    await store.evict(key);
    expect(await reasonOf(proxy.resolve())).toMatchObject({ code: 'object_missing', details: { store: 'tiles', key } });
  });

  test('tells of progress', async () => {
    const { proxy } = await stored();
    const onProgress = vi.fn();
    await proxy.resolve({ onProgress });
    expect(onProgress.mock.calls).toEqual([[1, 1]]);
  });
});

describe('a resolve that is given up', () => {
  test('beforehand fetches nothing', async () => {
    const { store, proxy } = await stored();
    expect(await reasonOf(proxy.resolve({ signal: AbortSignal.abort('enough') }))).toBe('enough');
    expect(store.calls.get).toBe(0);
  });

  test('does not give up the others’', async () => {
    const { store, proxy } = await stored();
    const fetched = deferred();
    store.gate = fetched.promise;
    const control = new AbortController();
    const [impatient, patient] = [proxy.resolve({ signal: control.signal }), proxy.resolve()];
    control.abort('enough');
    expect(await reasonOf(impatient)).toBe('enough');
    fetched.resolve();
    expect(await patient).toEqual({ tile: 7 });
    expect(store.calls.get).toBe(1);
  });

  test('by everyone leaves its outcome to the next', async () => {
    const { store, proxy } = await stored();
    const fetched = deferred();
    store.gate = fetched.promise;
    const control = new AbortController();
    const first = proxy.resolve({ signal: control.signal });
    control.abort('enough');
    expect(await reasonOf(first)).toBe('enough');
    const second = proxy.resolve();
    fetched.resolve();
    expect(await second).toEqual({ tile: 7 });
    expect(store.calls.get).toBe(1);
  });
});

describe('its descriptor', () => {
  test('is plain data', async () => {
    const { store, key, proxy } = await stored();
    expect(structuredClone(proxy.descriptor)).toEqual({ store: store.config, key, evict: true, size: 0 });
  });
});
