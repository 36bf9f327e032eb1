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
  expect(await ObjectProxy.from<Uint8Array>(descriptor, [store]).resolve()).toEqual(new Uint8Array(3_000_000).fill(7));
  const key = 'key' in descriptor ? descriptor.key : '';
  expect(await store.exists(key)).toBe(true);
  await store.release(key);
  expect(await store.exists(key)).toBe(false);
});
