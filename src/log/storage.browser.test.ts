/** What becomes of a log whose IndexedDB is denied, of a newer release, dies, blocks or vanishes. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { bytes, freshLog, items, open, read, readWithNews, removed, sendAll, text } from '../../e2e/support/log-scene.js';
import { StreamError } from '../index.js';
import { openLog } from './index.js';

describe('without IndexedDB', () => {
  test('a log refuses to open, and says what to do', async () => {
    without('indexedDB');
    const error = await openLog('nowhere').catch((reason) => reason);
    expect(error).toBeInstanceOf(StreamError);
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain("fallback: 'memory'");
  });

  test('a log that may keep everything in memory does, and says so', async () => {
    without('indexedDB');
    const log = await openLog('nowhere', { fallback: 'memory' });
    onTestFinished(() => log.close());
    expect(log.status.storage).toBe('memory');
    await sendAll(log.publisher(), 20);
    const board = log.subscriber('#', { name: 'board' });
    expect((await read(board, 8)).map(text)).toEqual(items(8));
    await board.close();
    expect((await read(log.subscriber('#', { name: 'board' }), 12)).map(text)).toEqual(items(12, 8));
  });

  test('an IndexedDB that may not be used is as good as none', async () => {
    refuseToOpen(() => {
      throw new DOMException('denied', 'SecurityError');
    });
    await expect(openLog('nowhere')).rejects.toMatchObject({ name: 'StreamError', code: 'unsupported' });
    const log = await openLog('nowhere', { fallback: 'memory' });
    expect(log.status.storage).toBe('memory');
    await log.close();
  });

  test('a page without Web Locks (one that did not come over HTTPS) is told so', async () => {
    const spy = vi.spyOn(Navigator.prototype, 'locks', 'get').mockReturnValue(undefined as never);
    onTestFinished(() => spy.mockRestore());
    await expect(openLog('nowhere')).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('HTTPS') });
  });

  test('memory is no refuge from a log that a newer release has written', async () => {
    const log = await freshLog();
    await writeFormat(log.name, 2);
    await expect(openLog(log.name, { fallback: 'memory' })).rejects.toMatchObject({ code: 'unsupported_version' });
  });
});

describe('a log of a newer release', () => {
  test('is not opened, and left as it is', async () => {
    const log = await freshLog();
    await log.publisher().send('t', bytes('old'));
    await writeFormat(log.name, 2);
    await expect(openLog(log.name)).rejects.toMatchObject({ code: 'unsupported_version' });
    await writeFormat(log.name, 1);
    expect((await read((await open(log)).subscriber('#', { from: 'start' }), 1)).map(text)).toEqual(['old']);
  });

  test('is not written or read on by whoever had it open', async () => {
    const log = await freshLog();
    const subscriber = log.subscriber('#', { from: 'start' });
    await subscriber.ready();
    const next = subscriber.batches()[Symbol.asyncIterator]().next();
    await writeFormat(log.name, 2);
    await expect(log.publisher().send('t', bytes('1'))).rejects.toMatchObject({ code: 'unsupported_version' });
    await expect(next).rejects.toMatchObject({ code: 'unsupported_version' });
  });

  test('is used when it has only added to the database', async () => {
    const log = await freshLog();
    await sendAll(log.publisher(), 3);
    const newer = await connected(log.name, 2, (database) => database.createObjectStore('newer'));
    newer.close();
    await sendAll(log.publisher(), 3, { from: 3 });
    expect((await read((await open(log)).subscriber('#', { from: 'start' }), 6)).map(text)).toEqual(items(6));
  });
});

describe('a connection that dies', () => {
  test('is made anew, and what was under way is done once', async () => {
    const log = await freshLog();
    const publisher = log.publisher();
    await publisher.send('t', bytes('0'));
    failing('InvalidStateError', 3);
    await sendAll(publisher, 9, { from: 1 });
    expect((await read(log.subscriber('#', { from: 'start' }), 10)).map(text)).toEqual(items(10));
  });

  test('again and again fails what was asked for with a typed error, shows it, and is forgotten once it works again', async () => {
    const log = await freshLog();
    const publisher = log.publisher();
    const heal = failing('UnknownError', Number.POSITIVE_INFINITY);
    await expect(publisher.send('t', bytes('lost'))).rejects.toMatchObject({ code: 'storage_failed', retryable: true });
    expect(log.status.error?.code).toBe('storage_failed');
    heal();
    await publisher.send('t', bytes('kept'));
    expect(log.status.error).toBeUndefined();
    const [kept] = await read(log.subscriber('#', { from: 'start' }), 1);
    expect([text(kept), kept?.offset.seq]).toEqual(['kept', 0]);
  });

  test('keeps a reader waiting only as long as it lasts', async () => {
    const log = await freshLog();
    await sendAll(log.publisher(), 5);
    const heal = failing('UnknownError', Number.POSITIVE_INFINITY);
    const reading = read(log.subscriber('#', { name: 'board' }), 5);
    await expect.poll(() => log.status.error?.code).toBe('storage_failed');
    heal();
    expect((await reading).map(text)).toEqual(items(5));
  });

  test('in the middle of a transaction stores nothing of it, and its offsets are not used up', async () => {
    const log = await freshLog();
    const publisher = log.publisher();
    await publisher.send('t', bytes('0'));
    let aborted = 0;
    const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
      put.mockRestore();
      const request = this.put(...args);
      aborted++;
      this.transaction.abort();
      return request;
    });
    await publisher.send('t', bytes('1'));
    expect(aborted).toBe(1);
    const messages = await read(log.subscriber('#', { from: 'start' }), 2);
    expect(messages.map((message) => [text(message), message.offset.seq])).toEqual([
      ['0', 0],
      ['1', 1],
    ]);
  });

  test('after a transaction has completed, but before that was heard, stores nothing twice', async () => {
    const log = await freshLog();
    const publisher = log.publisher();
    let unheard = 0;
    const commit = vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (this: IDBTransaction) {
      commit.mockRestore();
      this.addEventListener('complete', (event) => {
        event.stopImmediatePropagation();
        unheard++;
        this.dispatchEvent(new Event('abort'));
      });
      // Ours comes first only if the other is added again.
      const { oncomplete } = this;
      this.oncomplete = null;
      this.oncomplete = oncomplete;
      this.commit();
    });
    await sendAll(publisher, 3);
    expect(unheard).toBe(1);
    await publisher.send('t', bytes('3'));
    const messages = await read(log.subscriber('#', { from: 'start' }), 4);
    expect(messages.map((message) => [text(message), message.offset.seq])).toEqual(items(4).map((item, i) => [item, i]));
  });
});

describe('a database that others want', () => {
  test('is let go of at once, and opened again afterwards', async () => {
    const log = await freshLog();
    const subscriber = log.subscriber('#', { from: 'start' });
    await sendAll(log.publisher(), 3);
    const upgraded = await connected(log.name, 7, () => {});
    upgraded.close();
    await sendAll(log.publisher(), 3, { from: 3 });
    expect((await read(subscriber, 6)).map(text)).toEqual(items(6));
  });

  test('and do not let go of fails the opening within bounds, and says why', async () => {
    const name = `test-${crypto.randomUUID()}`;
    const selfish = await connected(name, 1, () => {}); // closes for nobody
    onTestFinished(() => removed(`proxystream/log/${name}`));
    onTestFinished(() => selfish.close());
    indexedDB.deleteDatabase(`proxystream/log/${name}`);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const refused = expect(openLog(name)).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringContaining('close what else has it open'),
    });
    await vi.advanceTimersByTimeAsync(10_000);
    await refused;
  });
});

describe('a database that vanishes', () => {
  test('is made anew, and every reader is told, in line, that what it had is gone', async () => {
    const log = await freshLog();
    const { epoch } = log.status;
    const publisher = log.publisher();
    const [live, named] = [log.subscriber('#'), log.subscriber('#', { name: 'board' })];
    await Promise.all([live.ready(), named.ready()]);
    await sendAll(publisher, 3);
    for (const reader of [live, named]) expect((await read(reader, 3)).map(text)).toEqual(items(3));
    await removed(`proxystream/log/${log.name}`);
    await sendAll(publisher, 2, { from: 3 });
    for (const reader of [live, named]) {
      const after = await readWithNews(reader, 2);
      expect(after.map((message) => (message instanceof StreamError ? message.code : text(message)))).toEqual(['data_lost', '3', '4']);
    }
    expect(log.status.epoch).not.toBe(epoch);
    expect(log.status.losses).toBe(1);
  });

  test('is told to who comes back under a name, or with an offset, of before', async () => {
    const log = await freshLog();
    const { epoch } = log.status;
    await sendAll(log.publisher(), 3);
    await log.close();
    await removed(`proxystream/log/${log.name}`);
    const again = await open(log);
    await sendAll(again.publisher(), 2);
    const since = await readWithNews(again.subscriber('#', { from: { epoch, seq: 2 } }), 2);
    expect(since.map((message) => (message instanceof StreamError ? message.code : text(message)))).toEqual(['data_lost', '0', '1']);
  });
});

/** Until the test is over. */
function without(name: 'indexedDB'): void {
  vi.stubGlobal(name, undefined);
  onTestFinished(() => void vi.unstubAllGlobals());
}

function refuseToOpen(how: () => never): void {
  const spy = vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(how);
  onTestFinished(() => spy.mockRestore());
}

/** The next so many transactions cannot be opened. Returns how to end it. */
function failing(name: string, times: number): () => void {
  let left = times;
  const { transaction } = IDBDatabase.prototype;
  const spy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
    if (left-- > 0) throw new DOMException('The connection is gone', name);
    return transaction.apply(this, args);
  });
  onTestFinished(() => spy.mockRestore());
  return () => {
    left = 0;
  };
}

/** The log's database, opened by somebody else. */
function connected(name: string, version: number | undefined, upgrade: (database: IDBDatabase) => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(`proxystream/log/${name}`, version);
    request.onupgradeneeded = () => upgrade(request.result);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function writeFormat(name: string, format: number): Promise<void> {
  const database = await connected(name, undefined, () => {});
  const tx = database.transaction('meta', 'readwrite');
  const store = tx.objectStore('meta');
  const request = store.get('log');
  request.onsuccess = () => store.put({ ...request.result, format }, 'log');
  await new Promise((resolve) => {
    tx.oncomplete = resolve;
  });
  database.close();
}
