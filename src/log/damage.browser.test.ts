/** What readers are given of a log that was damaged on the disk: everything else, and word of it. */
import { describe, expect, test } from 'vitest';
import { bytes, freshLog, open, read, readWithNews, text } from '../../e2e/support/log-scene.js';
import { StreamError } from '../index.js';
import type { Log } from './index.js';
import type { SegmentRecord } from './records.js';

describe('a damaged segment', () => {
  /** Three messages in each of five segments; what is done to the third of these. */
  const DAMAGES: Readonly<Record<string, (segment: SegmentRecord) => unknown>> = {
    'has a bit flipped in a payload': flipped('data', 0),
    'has a bit flipped in the last payload': flipped('data', -1),
    'has a bit flipped in its index': flipped('index', 0),
    'has a bit flipped in the place of a topic': flipped('index', 4),
    'has another topic': (segment) => ({ ...segment, topics: ['T'] }),
    'is shorter': (segment) => ({ ...segment, data: segment.data.slice(0, -4) }),
    'lacks its index': ({ index: _, ...segment }) => segment,
    'says it is another': (segment) => ({ ...segment, first: segment.first + 1 }),
    'is something else': () => 'something else',
    'is nothing': () => null,
    'is gone': () => undefined,
  };

  test.each(Object.entries(DAMAGES))('that %s is passed over, said and counted', async (_, damage) => {
    const log = await written();
    await damageSegments(log, (record, key) => (key === 9 ? damage(record as SegmentRecord) : record));
    const reader = await open(log);
    const all = await readWithNews(reader.subscriber('t', { from: 'start' }), 12);
    const corrupt = { gap: 'corrupt', missed: 3 };
    expect(all.map(inWords)).toEqual([...numbers(0, 6), corrupt, ...numbers(9, 15)]);
    expect(reader.status.corrupt).toBe(1);
  });

  test('is passed over from the middle of it on', async () => {
    const log = await written();
    await damageSegments(log, (record, key) => (key === 9 ? undefined : record));
    const { epoch } = log.status;
    const all = await readWithNews((await open(log)).subscriber('t', { from: { epoch, seq: 7 } }), 6);
    expect(all.map(inWords)).toEqual([{ gap: 'corrupt', missed: 2 }, ...numbers(9, 15)]);
  });

  test('is passed by a named cursor, once', async () => {
    const log = await written();
    await damageSegments(log, (record, key) => (key === 3 ? undefined : record));
    const reader = await open(log);
    const first = reader.subscriber('t', { name: 'board' });
    expect((await readWithNews(first, 1)).map(inWords)).toEqual([{ gap: 'corrupt', missed: 3 }, '3']);
    await first.close();
    expect((await readWithNews(reader.subscriber('t', { name: 'board' }), 1)).map(inWords)).toEqual(['4']);
  });

  test('does not keep an outbox from sending the others', async () => {
    const log = await freshLog();
    const offline = log.outbox(farEnd([], true));
    for (const n of numbers(0, 6)) await offline.send('t', bytes(n));
    await log.close();
    await damageSegments(log, (record, key) => (key === 3 ? undefined : record));
    const received: string[] = [];
    const again = await open(log);
    await again.outbox(farEnd(received)).flush();
    expect(received).toEqual(['0', '1', '3', '4', '5']);
    expect(again.status.corrupt).toBe(1);
  });
});

describe('what is gone with its key', () => {
  test('is said as well', async () => {
    const log = await written();
    await damageSegments(log, (record, key) => (key === 6 ? undefined : record));
    const all = await readWithNews((await open(log)).subscriber('t', { from: 'start' }), 12);
    expect(all.map(inWords)).toEqual([...numbers(0, 3), { gap: 'corrupt', missed: 3 }, ...numbers(6, 15)]);
  });

  test('is said once the log goes on, when it was the end of it', async () => {
    const log = await written();
    await damageSegments(log, (record, key) => (key === 15 ? undefined : record));
    const again = await open(log);
    const subscriber = again.subscriber('t', { from: 'start' });
    expect((await readWithNews(subscriber, 12)).map(inWords)).toEqual(numbers(0, 12));
    await again.publisher().send('t', bytes('15'));
    expect((await readWithNews(subscriber, 1)).map(inWords)).toEqual([{ gap: 'corrupt', missed: 3 }, '15']);
  });
});

test('a log is as it was when nothing is damaged', async () => {
  const log = await written();
  await damageSegments(log, (record) => record);
  const reader = await open(log);
  expect((await read(reader.subscriber('t', { from: 'start' }), 15)).map(text)).toEqual(numbers(0, 15));
  expect(reader.status.corrupt).toBe(0);
});

/** Five segments of three messages each. */
async function written(): Promise<Log> {
  const log = await freshLog();
  const publisher = log.publisher();
  for (let n = 0; n < 15; n += 3) await Promise.all(numbers(n, n + 3).map((number) => publisher.send('t', bytes(number))));
  return log;
}

/** What the test does to each record; undefined removes it. Keys are the offsets behind a segment. */
async function damageSegments(log: Log, damage: (record: unknown, key: number) => unknown): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open(`proxystream/log/${log.name}`);
    request.onsuccess = () => resolve(request.result);
  });
  const tx = database.transaction('segments', 'readwrite');
  const request = tx.objectStore('segments').openCursor();
  request.onsuccess = () => {
    const cursor = request.result;
    if (!cursor) return;
    const after = damage(cursor.value, (cursor.key as [string, number])[1]);
    if (after === undefined) cursor.delete();
    else cursor.update(after);
    cursor.continue();
  };
  await new Promise((resolve) => {
    tx.oncomplete = resolve;
  });
  database.close();
}

function flipped(part: 'data' | 'index', at: number): (segment: SegmentRecord) => SegmentRecord {
  return (segment) => {
    const copy = structuredClone(segment);
    const view = new DataView(part === 'data' ? copy.data : copy.index.buffer);
    const place = at < 0 ? Number(copy.index.at(-2)) - 1 : at;
    view.setUint8(place, view.getUint8(place) ^ 1);
    return copy;
  };
}

function farEnd(received: string[], offline = false) {
  return {
    async send(topic: string, payload: Uint8Array) {
      if (offline) throw new StreamError('connection_lost', 'offline');
      received.push(text({ topic, payload }));
    },
    async close() {},
    async [Symbol.asyncDispose]() {},
  };
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `${from + i}`);
}

function inWords(message: Parameters<typeof text>[0] | StreamError): unknown {
  if (!(message instanceof StreamError)) return text(message);
  return { gap: message.details.reason, missed: message.details.missed };
}
