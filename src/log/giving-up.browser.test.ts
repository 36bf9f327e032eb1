/** Aborted signals, closing in the middle, and messages that are large. */
import { describe, expect, test } from 'vitest';
import { bytes, freshLog, items, open, read, sendAll, text } from '../../e2e/support/log-scene.js';
import { StreamError } from '../index.js';
import { Queue, QueuePublisher, QueueSubscriber } from '../shims/queue.js';
import type { Log } from './index.js';

describe('an aborted signal', () => {
  const REASON = new Error('given up');
  const offline = () => new Offline();

  const WAITS: Readonly<Record<string, (log: Log, signal: AbortSignal) => Promise<unknown>>> = {
    'a send': (log, signal) => log.publisher().send('t', bytes('x'), { signal }),
    'a send to an outbox': (log, signal) => log.outbox(offline()).send('t', bytes('x'), { signal }),
    'the flush of an outbox': async (log, signal) => {
      const outbox = log.outbox(offline());
      await outbox.send('t', bytes('x'));
      await outbox.flush({ signal });
    },
    'the wait of a reader': (log, signal) => log.subscriber('#').batches({ signal })[Symbol.asyncIterator]().next(),
    'the wait of a named reader': (log, signal) => log.subscriber('#', { name: 'a' }).batches({ signal })[Symbol.asyncIterator]().next(),
    'the wait at an inbox': (log, signal) => log.inbox(new QueueSubscriber(new Queue())).batches({ signal })[Symbol.asyncIterator]().next(),
  };

  test.each(Object.entries(WAITS))('ends %s with its reason', async (_, wait) => {
    const log = await freshLog();
    await expect(wait(log, AbortSignal.abort(REASON))).rejects.toBe(REASON);
    const giveUp = new AbortController();
    const waiting = wait(log, giveUp.signal);
    giveUp.abort(REASON);
    await expect(waiting).rejects.toBe(REASON);
  });

  test('of one send lets the others of its transaction be', async () => {
    const log = await freshLog();
    const publisher = log.publisher();
    const giveUp = new AbortController();
    const sends = items(5).map((item, i) => publisher.send('t', bytes(item), i === 2 ? { signal: giveUp.signal } : {}));
    giveUp.abort(REASON);
    const outcomes = await Promise.allSettled(sends);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect((await read(log.subscriber('#', { from: 'start' }), 4)).map(text)).toEqual(['0', '1', '3', '4']);
  });

  test('of a flush leaves what is stored to the next', async () => {
    const far = new Offline();
    const log = await freshLog();
    const outbox = log.outbox(far);
    await sendAll(outbox, 3);
    await expect(outbox.flush({ signal: AbortSignal.abort(REASON) })).rejects.toBe(REASON);
    far.offline = false;
    await outbox.flush();
    expect(far.received).toEqual(items(3));
  });
});

describe('closing', () => {
  test('a publisher in the middle of many sends settles each: stored, or closed', async () => {
    const log = await freshLog();
    const publisher = log.publisher();
    await publisher.send('t', bytes('first'));
    const sends = Promise.allSettled(items(2000).map((item) => publisher.send('t', new Uint8Array(1000).fill(Number(item) % 256))));
    await publisher.close();
    const outcomes = await sends;
    const stored = outcomes.filter(({ status }) => status === 'fulfilled').length;
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'closed' });
    expect((await log.refresh()).end).toBe(1 + stored);
    await expect(publisher.send('t', bytes('late'))).rejects.toMatchObject({ code: 'closed' });
    await log.publisher().send('t', bytes('another publisher goes on'));
  });

  test('a reader does not wait for others who append without an end', async () => {
    const log = await freshLog();
    const publisher = log.publisher();
    const board = log.subscriber('#', { name: 'board' });
    let going = true;
    const appending = (async () => {
      for (let ahead = publisher.send('t', bytes('x')); going; ) {
        const next = publisher.send('t', bytes('x'));
        await ahead;
        ahead = next;
      }
    })();
    await read(board, 10);
    await board.close();
    going = false;
    await appending;
    const again = await (await open(log)).refresh();
    expect(again.cursors[0]?.at).toBeGreaterThanOrEqual(10);
  });

  test('a log closes all that was opened on it, and what is stored stays', async () => {
    const far = new Offline();
    const log = await freshLog();
    const outbox = log.outbox(far);
    await sendAll(outbox, 3);
    const flushing = expect(outbox.flush()).rejects.toMatchObject({ code: 'closed' });
    const reading = log.subscriber('#', { name: 'board' }).batches()[Symbol.asyncIterator]().next();
    await log.close();
    await flushing;
    expect((await reading).done).toBe(true);
    expect(far.closed).toBe(true);
    for (const use of [
      () => log.publisher(),
      () => log.subscriber('#'),
      () => log.outbox(far),
      () => log.inbox(new QueueSubscriber(new Queue())),
    ])
      expect(use).toThrow(expect.objectContaining({ code: 'closed' }));
    await expect(log.refresh()).rejects.toMatchObject({ code: 'closed' });
    await expect(log.deadLetters()).rejects.toMatchObject({ code: 'closed' });
    far.offline = false;
    await (await open(log)).outbox(far).flush();
    expect(far.received).toEqual(items(3));
  });
});

describe('messages of five mebibytes', () => {
  const LARGE = [1, 2, 3].map((n) => Uint8Array.from({ length: 5 * 2 ** 20 }, (_, i) => (i * n) >> 3));

  test('are stored, replayed and followed, though each is more than a reader holds', async () => {
    const log = await freshLog();
    const live = (await open(log)).subscriber('#', { name: 'board' });
    await live.ready();
    const publisher = log.publisher();
    await Promise.all(LARGE.map((message) => publisher.send('t', message)));
    for (const reader of [live, log.subscriber('#', { from: 'start' })]) {
      const messages = await read(reader, 3);
      expect(messages.map(({ payload }, i) => same(payload, LARGE[i]))).toEqual([true, true, true]);
    }
  });

  test('go through an outbox and an inbox', async () => {
    const queue = new Queue();
    const log = await freshLog();
    const inbox = log.inbox(new QueueSubscriber(queue), { name: 'board' });
    const outbox = log.outbox(new QueuePublisher(queue));
    await Promise.all(LARGE.map((message) => outbox.send('t', message)));
    const messages = await read(inbox, 3);
    expect(messages.map(({ payload }, i) => same(payload, LARGE[i]))).toEqual([true, true, true]);
  });
});

/** A publisher whose connection the test has in hand. */
class Offline {
  offline = true;
  closed = false;
  readonly received: string[] = [];

  async send(topic: string, payload: Uint8Array): Promise<void> {
    if (this.offline) throw new StreamError('connection_lost', 'offline');
    this.received.push(text({ topic, payload }));
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function same(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return a.length === b?.length && a.every((byte, i) => byte === b[i]);
}
