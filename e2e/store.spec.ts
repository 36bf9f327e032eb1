/** Objects by reference between tabs and workers, in the real stores of a real browser. */
import { type CDPSession, expect, type Page, test } from '@playwright/test';
import { runProgram } from './support/program.js';
import { openStage } from './support/stage.js';

test('tiles go by reference: boards look at events, their workers fetch, and the last one leaves nothing behind', async ({
  context,
  request,
}) => {
  const asked = new Map<string, string[]>();
  context.on('request', (sent) => {
    const { pathname } = new URL(sent.url());
    if (!pathname.startsWith('/objects/')) return;
    const key = pathname.slice('/objects/'.length);
    asked.set(key, [...(asked.get(key) ?? []), sent.method()]);
  });
  const boards = [];
  for (const _ of [1, 2, 3]) boards.push(await runProgram(await context.newPage(), 'tile-board'));
  const sender = await runProgram(await context.newPage(), 'tile-sender');
  await expect(sender.locator('p')).toHaveText('Sent');
  for (const board of boards) {
    await expect(board.locator('p')).toHaveText('The stream has ended');
    await expect(board.locator('li')).toHaveCount(3);
    expect((await board.locator('li').allTextContents()).sort()).toEqual([1, 2, 3].map((x) => `Tile ${x} whole 100`));
    // What a worker fetches is no business of its page's.
    expect(
      await board.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => name.includes('/objects/')).length),
    ).toBe(0);
  }
  const objects = [...asked].filter(([key, methods]) => !key.includes('~') && methods.includes('PUT')).map(([key]) => key);
  expect(objects).toHaveLength(4);
  await expect
    .poll(async () => (await Promise.all(objects.map((key) => request.head(`/objects/${key}`)))).map((answer) => answer.status()).sort())
    .toEqual([200, 404, 404, 404]); // the one that nobody wanted waits for its time to pass
});

test('an object that was put is there for other tabs, though its own crashed the moment it was told so', async ({ context }) => {
  const [here, there] = [await openStage(await context.newPage()), await openStage(await context.newPage())];
  const descriptor = await here.evaluate(async () => {
    const { IndexedDBConnector } = await import('/modules/connectors/indexed-db.js');
    const { Store } = await import('/modules/store.js');
    return (await new Store('scans', new IndexedDBConnector({ name: 'crash' })).proxy(new Uint8Array(5_000_000).fill(7), true)).descriptor;
  });
  const cdp = await context.newCDPSession(here);
  void cdp.send('Page.crash').catch(() => {});
  await here.waitForEvent('crash');
  const found = await there.evaluate(async (descriptor) => {
    const { IndexedDBConnector } = await import('/modules/connectors/indexed-db.js');
    const { ObjectProxy, Store } = await import('/modules/store.js');
    const bytes = await ObjectProxy.from<Uint8Array>(descriptor, [new Store('scans', new IndexedDBConnector({ name: 'crash' }))]).resolve();
    return [bytes.length, bytes.every((byte) => byte === 7)];
  }, descriptor);
  expect(found).toEqual([5_000_000, true]);
});

for (const kind of ['indexed-db', 'opfs'] as const) {
  test(`when the browser has no room for an object in ${kind}, its event is not published, its sender is told, and it goes on when there is room`, async ({
    page,
    context,
    baseURL,
  }) => {
    const cdp = await quotaOf(page, context, baseURL, 3_000_000);
    await openStage(page);
    const refused = await page.evaluate(async (kind) => {
      const { StreamConsumer, StreamProducer } = await import('/modules/index.js');
      const { IndexedDBConnector } = await import('/modules/connectors/indexed-db.js');
      const { OpfsConnector } = await import('/modules/connectors/opfs.js');
      const { Queue, QueuePublisher, QueueSubscriber } = await import('/modules/shims/queue.js');
      const { Store } = await import('/modules/store.js');
      const store = new Store('scans', kind === 'opfs' ? new OpfsConnector() : new IndexedDBConnector());
      const queue = new Queue();
      const producer = new StreamProducer<Uint8Array>(new QueuePublisher(queue), { defaultStore: store });
      const noise = new Uint8Array(6_000_000);
      for (let at = 0; at < noise.length; at += 60_000) crypto.getRandomValues(noise.subarray(at, at + 60_000));
      const error = await producer.send('scans', noise).catch((error) => error);
      Object.assign(globalThis, {
        published: () => queue.size,
        async again() {
          await producer.flush();
          const consumer = new StreamConsumer<Uint8Array>(new QueueSubscriber(queue), { stores: [store] });
          const { value } = await consumer.nextObject();
          return [queue.size, value?.every((byte, i) => byte === noise[i])];
        },
      });
      return { code: error?.code, published: queue.size };
    }, kind);
    expect(refused).toEqual({ code: 'quota_exceeded', published: 0 });
    await cdp.send('Storage.overrideQuotaForOrigin', { origin: new URL(baseURL ?? '').origin });
    expect(await page.evaluate(() => (globalThis as unknown as { again(): Promise<unknown> }).again())).toEqual([1, true]);
  });
}

test('objects that the browser has wiped are missing, and new ones are kept', async ({ page, context, baseURL }) => {
  await openStage(page);
  await page.evaluate(async () => {
    const { IndexedDBConnector } = await import('/modules/connectors/indexed-db.js');
    const { Store } = await import('/modules/store.js');
    const store = new Store('scans', new IndexedDBConnector({ name: 'wiped' }));
    const key = await store.put('old');
    Object.assign(globalThis, { store, key });
  });
  const cdp = await context.newCDPSession(page);
  await cdp.send('Storage.clearDataForOrigin', { origin: new URL(baseURL ?? '').origin, storageTypes: 'indexeddb' });
  const outcome = await page.evaluate(async () => {
    const { store, key } = globalThis as unknown as { store: import('proxystream/store').Store; key: string };
    const code = await store.get(key).then(String, (error) => error.code);
    return [code, await store.get(await store.put('new'))];
  });
  expect(outcome).toEqual(['object_missing', 'new']);
});

test('a database that somebody deletes is given free, and made anew by the next object', async ({ context }) => {
  const page = await openStage(await context.newPage());
  const outcome = await page.evaluate(async () => {
    const { IndexedDBConnector } = await import('/modules/connectors/indexed-db.js');
    const { Store } = await import('/modules/store.js');
    const store = new Store('scans', new IndexedDBConnector({ name: 'deleted' }));
    await store.put('old');
    await new Promise<void>((resolve, reject) => {
      const deleting = indexedDB.deleteDatabase('proxystream:deleted');
      deleting.onsuccess = () => resolve();
      deleting.onerror = () => reject(deleting.error);
    });
    return store.get(await store.put('new'));
  });
  expect(outcome).toBe('new');
});

test('a future that one tab promises is had in another when it is set', async ({ context }) => {
  const [here, there] = [await openStage(await context.newPage()), await openStage(await context.newPage())];
  const descriptor = await here.evaluate(async () => {
    const { IndexedDBConnector } = await import('/modules/connectors/indexed-db.js');
    const { Store } = await import('/modules/store.js');
    const future = new Store('results', new IndexedDBConnector()).future<{ answer: number }>();
    Object.assign(globalThis, { future });
    return future.proxy.descriptor;
  });
  const resolving = there.evaluate(async (descriptor) => {
    const { IndexedDBConnector } = await import('/modules/connectors/indexed-db.js');
    const { ObjectProxy, Store } = await import('/modules/store.js');
    const store = new Store('results', new IndexedDBConnector());
    const resolving = ObjectProxy.from<{ answer: number }>(descriptor, [store]).resolve();
    document.title = 'waiting';
    return resolving;
  }, descriptor);
  await expect(there).toHaveTitle('waiting');
  await here.evaluate(() => (globalThis as unknown as { future: { set(value: unknown): Promise<void> } }).future.set({ answer: 42 }));
  expect(await resolving).toEqual({ answer: 42 });
});

test('where there is no OPFS its fallback keeps objects, and who has OPFS finds them there', async ({ page }) => {
  await openStage(page);
  const outcome = await page.evaluate(async () => {
    const { OpfsConnector } = await import('/modules/connectors/opfs.js');
    const { IndexedDBConnector } = await import('/modules/connectors/indexed-db.js');
    const { Store } = await import('/modules/store.js');
    const { getDirectory } = StorageManager.prototype;
    const refused = () => Promise.reject(new DOMException('not in private windows', 'SecurityError'));
    const connect = () => new OpfsConnector({ name: 'scans', fallback: new IndexedDBConnector({ name: 'fallback' }) });
    StorageManager.prototype.getDirectory = refused;
    const without = new Store('scans', connect());
    const proxy = await without.proxy('put without OPFS');
    const alone = await new Store('scans', new OpfsConnector()).put(1).catch((error) => error.code);
    StorageManager.prototype.getDirectory = getDirectory;
    const key = 'key' in proxy.descriptor ? proxy.descriptor.key : '';
    return [alone, await without.get(key), await new Store('scans', connect()).get(key)];
  });
  expect(outcome).toEqual(['unsupported', 'put without OPFS', 'put without OPFS']);
});

test('an object that a tab was to read, and died instead, is gone when its time has passed, and takes no room', async ({ context }) => {
  const [sender, reader, dying] = await Promise.all([1, 2, 3].map(async () => openStage(await context.newPage())));
  const descriptor = await sender?.evaluate(async () => {
    const { IndexedDBConnector } = await import('/modules/connectors/indexed-db.js');
    const { Store } = await import('/modules/store.js');
    const store = new Store('scans', new IndexedDBConnector({ name: 'dying' }));
    return (await store.proxy(new Uint8Array(1_000_000), { consumers: 2, ttlMs: 3000 })).descriptor;
  });
  await sender?.close();
  const cdp = await context.newCDPSession(dying as Page);
  void cdp.send('Page.crash').catch(() => {});
  await dying?.waitForEvent('crash');
  const left = () =>
    reader?.evaluate(async (descriptor) => {
      const { IndexedDBConnector } = await import('/modules/connectors/indexed-db.js');
      const { ObjectProxy, Store } = await import('/modules/store.js');
      const connector = new IndexedDBConnector({ name: 'dying' });
      const global = globalThis as { read?: unknown };
      global.read ??= await ObjectProxy.from<Uint8Array>(descriptor as never, [new Store('scans', connector)]).resolve();
      await connector.sweep();
      const db = await new Promise<IDBDatabase>((resolve) => {
        const opening = indexedDB.open('proxystream:dying');
        opening.onsuccess = () => resolve(opening.result);
      });
      const count = await new Promise<number>((resolve) => {
        const counting = db.transaction('bytes').objectStore('bytes').count();
        counting.onsuccess = () => resolve(counting.result);
      });
      db.close();
      return count;
    }, descriptor);
  expect(await left()).toBe(1);
  await expect.poll(left).toBe(0);
});

/** So many bytes for this origin, from before the page is opened. */
async function quotaOf(
  page: Page,
  context: { newCDPSession(page: Page): Promise<CDPSession> },
  baseURL: string | undefined,
  quotaSize: number,
) {
  const cdp = await context.newCDPSession(page);
  await cdp.send('Storage.overrideQuotaForOrigin', { origin: new URL(baseURL ?? '').origin, quotaSize });
  return cdp;
}
