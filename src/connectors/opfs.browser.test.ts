import { describe, expect, it, onTestFinished, test } from 'vitest';
import { ObjectProxy, type ProxyDescriptor, Store } from '../store.js';
import { describeConnector } from '../testing/index.js';
import { OpfsConnector } from './opfs.js';

describeConnector(
  'OPFS',
  {
    supports: { counts: true, expires: true, streams: true, bounded: false },
    open() {
      const name = crypto.randomUUID();
      return { connector: () => new OpfsConnector({ name }) };
    },
  },
  { describe, it },
);

test('what a worker writes in place is whole, for its page too', async () => {
  const name = crypto.randomUUID();
  const worker = new Worker(new URL('../../e2e/pages/opfs-worker.ts', import.meta.url), { type: 'module' });
  onTestFinished(() => worker.terminate());
  const answered = new Promise<{ descriptor: ProxyDescriptor; length: number }>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  worker.postMessage(name);
  const { descriptor, length } = await answered;
  expect(length).toBe(3_000_000);
  const store = new Store('scans', new OpfsConnector({ name }));
  const object = await ObjectProxy.from<Uint8Array>(descriptor, [store]).resolve();
  expect([object.length, object.every((byte) => byte === 7)]).toEqual([3_000_000, true]);
  const key = 'key' in descriptor ? descriptor.key : '';
  expect(await store.exists(key)).toBe(true);
  await store.release(key);
  expect(await store.exists(key)).toBe(false);
});

test.each<[string, (whole: Uint8Array) => Uint8Array, string]>([
  ['changed', (whole) => whole.map((byte, i) => (i < 8 ? byte : byte ^ 1)), 'object_corrupt'],
  ['cut short', (whole) => whole.subarray(0, 100), 'object_corrupt'],
  ['of which only the beginning was ever written', (whole) => whole.map((byte, i) => (i < 8 ? 0 : byte)), 'object_missing'],
  ['emptied', () => new Uint8Array(), 'object_missing'],
])('a file that is %s is no object', async (_, damage, code) => {
  const name = crypto.randomUUID();
  const store = new Store('scans', new OpfsConnector({ name }));
  const key = await store.put(new Uint8Array(1000).fill(7));
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('proxystream');
  const file = await (await root.getDirectoryHandle(name)).getFileHandle(key);
  const whole = new Uint8Array(await (await file.getFile()).arrayBuffer());
  const writable = await file.createWritable();
  await writable.write(damage(whole) as BufferSource);
  await writable.close();
  await expect(store.get(key)).rejects.toMatchObject({ code });
});
