import { describe, expect, onTestFinished, test } from 'vitest';
import { bytes, freshLog, items, open, read, sendAll, text } from '../../e2e/support/log-scene.js';
import { StreamConsumer, StreamError, StreamProducer } from '../index.js';
import { readLog } from './commit.js';
import { IndexedDatabase } from './database.js';
import type { Log } from './index.js';
import type { LogRecord } from './records.js';

describe('what is stored', () => {
  test('is read from the start, in order, with ascending offsets of one epoch', async () => {
    const log = await freshLog();
    await sendAll(log.publisher(), 100);
    const messages = await read(log.subscriber('#', { from: 'start' }), 100);
    expect(messages.map(text)).toEqual(items(100));
    expect(messages.map(({ offset }) => offset.seq)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(new Set(messages.map(({ offset }) => offset.epoch))).toEqual(new Set([log.status.epoch]));
  });

  test('is read from an offset on, that message included', async () => {
    const log = await freshLog();
    await sendAll(log.publisher(), 10);
    const { epoch } = log.status;
    expect((await read(log.subscriber('#', { from: { epoch, seq: 7 } }), 3)).map(text)).toEqual(['7', '8', '9']);
  });

  test('is read from a time on', async () => {
    const log = await freshLog();
    const publisher = log.publisher();
    for (const n of [0, 1, 2, 3]) await publisher.send('t', bytes(`${n}`));
    const [, , third] = await read(log.subscriber('#', { from: 'start' }), 4);
    const time = third?.time as number;
    const since = await read(log.subscriber('#', { from: { time } }), 1);
    expect(since[0]?.time).toBeGreaterThanOrEqual(time);
    expect(Number(text(since[0]))).toBeLessThanOrEqual(2);
    expect((await read(log.subscriber('#', { from: { time: 0 } }), 4)).map(text)).toEqual(items(4));
  });

  test('reaches a subscriber without a name from when it is ready on', async () => {
    const log = await freshLog();
    const publisher = log.publisher();
    await publisher.send('t', bytes('before'));
    const subscriber = log.subscriber('t');
    await subscriber.ready();
    await publisher.send('t', bytes('after'));
    expect((await read(subscriber, 1)).map(text)).toEqual(['after']);
  });

  test('is given out by topic', async () => {
    const log = await freshLog();
    const publisher = log.publisher();
    for (const topic of ['plant/1', 'plant/2/x', 'office/1', 'plant/2']) await publisher.send(topic, bytes(topic));
    expect((await read(log.subscriber('plant/+', { from: 'start' }), 2)).map(text)).toEqual(['plant/1', 'plant/2']);
  });

  test('follows in another tab of the same log', async () => {
    const log = await freshLog();
    const other = await open(log);
    const subscriber = other.subscriber('#');
    await subscriber.ready();
    await sendAll(log.publisher(), 500);
    expect((await read(subscriber, 500)).map(text)).toEqual(items(500));
  });

  test('is what the bytes were when they were sent, whatever the caller does with them then', async () => {
    const log = await freshLog();
    const publisher = log.publisher();
    const buffer = new Uint8Array(70_000);
    const lengths = [1, 300, 65_000, 0, 2000, 70_000, 5, 536, 66_000];
    const sent = lengths.map((length, i) => {
      const sending = publisher.send('t', buffer.fill(i + 1).subarray(0, length));
      buffer.fill(0);
      return sending;
    });
    await Promise.all(sent);
    const stored = (await read(log.subscriber('#', { from: 'start' }), lengths.length)).map(({ payload }) => payload);
    expect(stored.map(({ length }) => length)).toEqual(lengths);
    expect(stored.map((payload, i) => payload.every((byte) => byte === i + 1))).toEqual(lengths.map(() => true));
  });

  test('travels from a producer to a consumer as objects', async () => {
    const log = await freshLog();
    const producer = new StreamProducer<{ n: number }>(log.publisher());
    const consumer = new StreamConsumer<{ n: number }>(log.subscriber('t', { name: 'board' }));
    await Promise.all(Array.from({ length: 1000 }, (_, n) => producer.send('t', { n })));
    await producer.closeTopics('t');
    const seen: number[] = [];
    for await (const { n } of consumer) seen.push(n);
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, n) => n));
    expect(consumer.stats.gaps).toBe(0);
  });
});

describe('more than a page of the log', () => {
  const [COUNT, BYTES] = [40, 300_000];

  async function longLog() {
    const log = await freshLog();
    const publisher = log.publisher();
    for (let n = 0; n < COUNT; n++) await publisher.send('t', new Uint8Array(BYTES).fill(n));
    return log;
  }

  test('comes whole and in order to a reader that holds one message at a time', async () => {
    const log = await longLog();
    const messages = await read(log.subscriber('#', { from: 'start', maxMessages: 1 }), COUNT);
    expect(messages.map(({ offset, payload }) => [offset.seq, payload.length, payload[BYTES - 1]])).toEqual(
      Array.from({ length: COUNT }, (_, n) => [n, BYTES, n]),
    );
  });

  test('is told of as removed where it was removed while it was being read', async () => {
    const log = await longLog();
    const { epoch } = log.status;
    const seen: number[] = [];
    let gaps = 0;
    for await (const { messages } of log.subscriber('#', { from: 'start', maxMessages: 1 }).batches()) {
      for (const message of messages) {
        if (message instanceof StreamError) {
          expect(message.details.reason).toBe('retention');
          gaps += message.details.missed as number;
        } else seen.push(message.offset.seq);
      }
      if (seen.length === 1 && gaps === 0) await log.purge({ before: { epoch, seq: 35 } });
      if (seen.at(-1) === COUNT - 1) break;
    }
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(gaps).toBeGreaterThan(0);
    expect(seen.length + gaps).toBe(COUNT);
  });

  test('is the next reader’s as soon as the one before has closed, whatever that had read ahead', async () => {
    const log = await longLog();
    const first = log.subscriber('#', { name: 'board', maxMessages: 1 });
    const batches = first.batches()[Symbol.asyncIterator]();
    expect((await batches.next()).value?.messages).toHaveLength(1);
    const second = (await open(log)).subscriber('#', { name: 'board' });
    const reading = read(second, COUNT);
    await first.close();
    expect(await batches.next()).toEqual({ done: true, value: undefined });
    expect((await reading).map(({ offset }) => offset.seq)).toEqual(Array.from({ length: COUNT }, (_, n) => n));
  });
});

describe('a named subscriber', () => {
  test('goes on where the one before of its name stopped', async () => {
    const log = await freshLog();
    await sendAll(log.publisher(), 10);
    const first = log.subscriber('#', { name: 'board' });
    const iteration = first.batches({ max: 4 })[Symbol.asyncIterator]();
    const given = (await iteration.next()).value.messages.length;
    await iteration.next();
    await first.close();
    const second = log.subscriber('#', { name: 'board' });
    expect((await read(second, 10 - given)).map(text)).toEqual(items(10).slice(given));
  });

  test('gets what was stored while it was away', async () => {
    const log = await freshLog();
    const first = log.subscriber('#', { name: 'board' });
    await first.ready();
    await first.close();
    await sendAll(log.publisher(), 20);
    expect((await read((await open(log)).subscriber('#', { name: 'board' }), 20)).map(text)).toEqual(items(20));
  });

  test('gives out nothing that it had read ahead once its turn is over, and another has dealt with that', async () => {
    const log = await freshLog();
    const other = await open(log);
    const publisher = log.publisher();
    await sendAll(publisher, 5);
    const [one, two] = [log.subscriber('#', { name: 'board' }), other.subscriber('#', { name: 'board' })];
    const iteration = one.batches({ max: 1, ack: 'manual' })[Symbol.asyncIterator]();
    expect((await iteration.next()).value?.messages.map(text)).toEqual(['0']);
    await two.ready();
    const lock = `proxystream/log/${log.name}/log\0board`;
    await expect.poll(async () => (await navigator.locks.query()).pending?.map(({ name }) => name)).toContain(lock);
    // As from a tab that answers nobody.
    await navigator.locks.request(lock, { steal: true }, () => {});
    expect((await read(two, 5)).map(text)).toEqual(items(5));
    const next = iteration.next();
    await publisher.send('t', bytes('5'));
    expect((await read(two, 1)).map(text)).toEqual(['5']);
    await two.close();
    await publisher.send('t', bytes('6'));
    expect((await next).value?.messages.map(text)).toEqual(['6']);
  });

  test('is taken from a tab that answers nobody', async () => {
    const log = await freshLog({ silenceMs: 300 });
    await sendAll(log.publisher(), 5);
    let taken = false;
    const frozen = navigator.locks.request(`proxystream/log/${log.name}/log\0board`, () => new Promise(() => {}));
    frozen.catch(() => {
      taken = true;
    });
    expect((await read(log.subscriber('#', { name: 'board' }), 5)).map(text)).toEqual(items(5));
    expect(taken).toBe(true);
  });

  test('stays with a tab that answers, however long others wait', async () => {
    const log = await freshLog({ silenceMs: 3000 });
    const holder = log.subscriber('#', { name: 'board' });
    await holder.ready();
    const iteration = holder.batches({ ack: 'manual' })[Symbol.asyncIterator]();
    await sendAll(log.publisher(), 1);
    await iteration.next();
    const waiting = (await open(log, { silenceMs: 3000 })).subscriber('#', { name: 'board' });
    let given = false;
    waiting
      .batches()
      [Symbol.asyncIterator]()
      .next()
      .then(() => {
        given = true;
      });
    // More often than it takes for one that does not answer.
    const channel = new BroadcastChannel(`proxystream/log/${log.name}`);
    for (let pings = 0; pings < 5; ) {
      const { data } = await new Promise<MessageEvent>((resolve) => {
        channel.onmessage = resolve;
      });
      if (data[0] === 'ping') pings++;
    }
    channel.close();
    const next = iteration.next();
    await sendAll(log.publisher(), 1, { from: 1 });
    expect((await next).value?.messages.map(text)).toEqual(['1']);
    expect(given).toBe(false);
  });

  test('begins a term that nobody had before when its name was purged: who wakes up from an old one moves nothing', async () => {
    const log = await freshLog();
    await sendAll(log.publisher(), 10);
    const terms: number[] = [];
    for (const purged of [true, true, false]) {
      const board = log.subscriber('#', { name: 'board' });
      expect((await read(board, 1)).map(text)).toEqual(['0']);
      terms.push((await recordOf(log)).terms['log\0board'] as number);
      await board.close();
      if (purged) await log.purge({ cursors: ['board'] });
    }
    expect(new Set(terms).size).toBe(3);
    expect((await recordOf(log)).cursors['log\0board']).toMatchObject({ name: 'board' });
  });

  test('goes on in a page that was left and is back before it had put away what it read', async () => {
    const log = await freshLog();
    const publisher = log.publisher();
    await sendAll(publisher, 5);
    const board = log.subscriber('#', { name: 'board' });
    expect((await read(board, 5)).map(text)).toEqual(items(5));
    dispatchEvent(new Event('pagehide'));
    dispatchEvent(new Event('pageshow'));
    await sendAll(publisher, 3, { from: 5 });
    expect((await read(board, 3)).map(text)).toEqual(items(3, 5));
  });

  test('waits for the one that reads under its name, and follows when that closes', async () => {
    const log = await freshLog();
    const other = await open(log);
    const first = log.subscriber('#', { name: 'board' });
    await sendAll(log.publisher(), 5);
    expect((await read(first, 5)).map(text)).toEqual(items(5));
    const second = other.subscriber('#', { name: 'board' });
    await second.ready();
    const next = read(second, 1);
    await first.close();
    await log.publisher().send('t', bytes('next'));
    expect((await next).map(text)).toEqual(['next']);
  });
});

async function recordOf({ name }: Log): Promise<LogRecord> {
  const database = new IndexedDatabase(`proxystream/log/${name}`);
  onTestFinished(() => database.close());
  return database.run({ stores: ['meta'], mode: 'readonly' }, readLog);
}
