import { describe, expect, inject, it, test } from 'vitest';
import { ObjectProxy, Store } from '../store.js';
import { keyFor, noise } from '../testing/connector-place.js';
import { describeConnector } from '../testing/index.js';
import { HttpConnector } from './http.js';
import { IndexedDBConnector } from './indexed-db.js';
import { MemoryConnector } from './memory.js';
import { MultiConnector } from './multi.js';

const url = inject('objects');
const http = () => new HttpConnector({ url });

describeConnector(
  'Memory beside HTTP',
  {
    supports: { counts: true, expires: false, streams: true, bounded: false },
    open() {
      const multi = new MultiConnector([{ connector: new MemoryConnector() }, { connector: http() }]);
      return { connector: () => multi };
    },
  },
  { describe, it },
);

test('an object goes by its size: small ones one way, large ones another', async () => {
  const [small, large] = [new MemoryConnector(), new MemoryConnector()];
  const multi = new MultiConnector([{ connector: small, maxBytes: 1000 }, { connector: large }]);
  const [little, much] = [keyFor(1000), keyFor(1001)];
  await multi.put(little, noise(1000));
  await multi.put(much, noise(1001));
  expect(await Promise.all([little, much].map((key) => small.exists(key)))).toEqual([true, false]);
  expect(await Promise.all([little, much].map((key) => large.exists(key)))).toEqual([false, true]);
  expect(await multi.get(little)).toEqual(noise(1000));
  expect(await multi.get(much)).toEqual(noise(1001));
});

test('who is near finds an object near, who is elsewhere finds it far, by one and the same descriptor', async () => {
  const near = new MemoryConnector();
  const here = new Store('tiles', new MultiConnector([{ connector: near }, { connector: http() }]));
  const elsewhere = new Store('tiles', new MultiConnector([{ connector: new MemoryConnector() }, { connector: http() }]));
  const { descriptor } = await here.proxy(noise(1000), { consumers: 2 });
  const key = 'key' in descriptor ? descriptor.key : '';
  expect(await near.exists(key)).toBe(true);
  expect(await ObjectProxy.from(descriptor, [elsewhere]).resolve()).toEqual(noise(1000));
  expect(await ObjectProxy.from(descriptor, [here]).resolve()).toEqual(noise(1000));
  expect(await http().exists(key)).toBe(false);
  await Promise.all([here.close(), elsewhere.close()]);
});

test('a place that does not work here (IndexedDB in Node) costs nothing, as long as another reaches everyone', async () => {
  const multi = new MultiConnector([{ connector: new IndexedDBConnector() }, { connector: http() }]);
  const key = keyFor(10);
  await multi.put(key, noise(10));
  expect(await multi.get(key)).toEqual(noise(10));
  expect(await multi.exists(key)).toBe(true);
  await multi.evict(key);
  expect(await multi.get(key)).toBeUndefined();
});

test('an object that cannot be put everywhere is put nowhere', async () => {
  const near = new MemoryConnector();
  const multi = new MultiConnector([{ connector: near }, { connector: new HttpConnector({ url: 'http://127.0.0.1:9/', attempts: 1 }) }]);
  const key = keyFor(10);
  await expect(multi.put(key, noise(10))).rejects.toMatchObject({ code: 'connection_lost' });
  expect(await near.exists(key)).toBe(false);
});

test('an object that is found near needs nothing that is far', async () => {
  const near = new MemoryConnector();
  const key = keyFor(10);
  await near.put(key, noise(10));
  const multi = new MultiConnector([{ connector: near }, { connector: new HttpConnector({ url: 'http://127.0.0.1:9/', attempts: 1 }) }]);
  expect(await multi.get(key)).toEqual(noise(10));
  await expect(multi.get(keyFor(10))).rejects.toMatchObject({ code: 'connection_lost' });
});

test('what no route takes is too large', async () => {
  const multi = new MultiConnector([{ connector: new MemoryConnector(), maxBytes: 100 }]);
  await expect(multi.put(keyFor(101), noise(101))).rejects.toMatchObject({ code: 'too_large' });
});

test('a place without routes is a TypeError', () => {
  expect(() => new MultiConnector([])).toThrow(TypeError);
});

test('without IndexedDB its connector is unsupported, and nothing else', async () => {
  await expect(new IndexedDBConnector().put(keyFor(1), noise(1))).rejects.toMatchObject({ code: 'unsupported' });
});
