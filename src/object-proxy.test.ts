import { describe, expect, test, vi } from 'vitest';
import { MemoryStore } from './fixtures/memory-store.js';
import { deferred, reasonOf, turn } from './fixtures/promises.js';
import { ObjectProxy } from './object-proxy.js';

/** A store with one object, and a proxy for it. */
async function stored(evict = true, objects: readonly unknown[] = [{ tile: 7 }]) {
  const store = new MemoryStore('tiles');
  const key = await store.put(objects[0]);
  return { store, key, proxy: new ObjectProxy<unknown>({ store: store.config, key, evict, size: 0 }, store) };
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

  test('by everyone stops the fetch and evicts nothing, so that a later one still succeeds', async () => {
    const { store, proxy } = await stored();
    const fetched = deferred();
    store.gate = fetched.promise;
    const controls = [new AbortController(), new AbortController()];
    const resolving = controls.map(({ signal }) => proxy.resolve({ signal }));
    const reasons = Promise.all(resolving.map(reasonOf));
    for (const control of controls) control.abort('enough');
    expect(await reasons).toEqual(['enough', 'enough']);
    fetched.resolve();
    await turn();
    expect(store.objects.size).toBe(1);
    expect(await proxy.resolve()).toEqual({ tile: 7 });
  });

  test('by everyone while another comes starts anew for that one', async () => {
    const { store, proxy } = await stored();
    const fetched = deferred();
    store.gate = fetched.promise;
    const control = new AbortController();
    const first = proxy.resolve({ signal: control.signal });
    control.abort('enough');
    const second = proxy.resolve();
    expect(await reasonOf(first)).toBe('enough');
    fetched.resolve();
    expect(await second).toEqual({ tile: 7 });
  });
});

describe('a descriptor', () => {
  test('is plain data that makes a proxy elsewhere', async () => {
    const { store, proxy } = await stored();
    const there = ObjectProxy.from(structuredClone(proxy.descriptor), [new MemoryStore('other'), store]);
    expect(await there.resolve()).toEqual({ tile: 7 });
    expect(store.objects.size).toBe(0);
  });

  test('of an inline object carries the object', async () => {
    const proxy = new ObjectProxy<number[]>({ object: [1, 2] });
    expect(await proxy.resolve()).toEqual([1, 2]);
    expect(await ObjectProxy.from(structuredClone(proxy.descriptor), []).resolve()).toEqual([1, 2]);
  });

  test('of a store that is not there is refused by name', async () => {
    const { proxy } = await stored();
    expect(() => ObjectProxy.from(proxy.descriptor, [new MemoryStore('other')])).toThrow(
      expect.objectContaining({ code: 'unknown_store' }),
    );
  });

  test('of a store that has the name and is another one is refused, too', async () => {
    const { proxy } = await stored();
    expect(() => ObjectProxy.from(proxy.descriptor, [new MemoryStore('tiles', { region: 'us' })])).toThrow(
      expect.objectContaining({ code: 'unknown_store' }),
    );
  });
});
