import { describe, expect, test } from 'vitest';
import { bytes, freshLog, items, open, sendAll, text } from '../../e2e/support/log-scene.js';
import { StreamConsumer, StreamError, StreamProducer } from '../index.js';
import { Queue, QueuePublisher, QueueSubscriber } from '../shims/queue.js';

describe('an outbox', () => {
  test('sends what is stored through its inner publisher, in order, once each', async () => {
    const far = farEnd();
    const log = await freshLog();
    const outbox = log.outbox(far.publisher());
    await sendAll(outbox, 200);
    await outbox.flush();
    expect(far.received).toEqual(items(200));
  });

  test('keeps what is sent while there is no connection, for the next visit', async () => {
    const far = farEnd();
    far.fail = new StreamError('connection_lost', 'offline');
    const log = await freshLog();
    const outbox = log.outbox(far.publisher());
    await sendAll(outbox, 50);
    await log.close();
    far.fail = undefined;
    const again = (await open(log)).outbox(far.publisher());
    await again.flush();
    expect(far.received).toEqual(items(50));
  });

  test('tries again what may pass, in order, and says why it cannot', async () => {
    const far = farEnd();
    const log = await freshLog();
    far.fail = new StreamError('connection_lost', 'offline');
    const outbox = log.outbox(far.publisher());
    await sendAll(outbox, 20);
    await expect.poll(() => log.status.outboxes[0]?.error?.code).toBe('connection_lost');
    expect(log.status.outbox.backlog).toBe(20);
    far.fail = undefined;
    await outbox.flush();
    expect(far.received).toEqual(items(20));
    expect(log.status.outbox.backlog).toBe(0);
  });

  test('puts aside what is refused for good, and says so to who flushes', async () => {
    const far = farEnd();
    far.refuse = (message) => (message === '3' ? new StreamError('too_large', 'no') : undefined);
    const log = await freshLog();
    const outbox = log.outbox(far.publisher());
    await sendAll(outbox, 6);
    await expect(outbox.flush()).rejects.toMatchObject({ code: 'too_large' });
    await outbox.flush();
    expect(far.received).toEqual(['0', '1', '2', '4', '5']);
    const letters = await log.deadLetters();
    expect(letters.map(({ outbox: name, topic, payload, error }) => [name, topic, text({ topic, payload }), error.code])).toEqual([
      ['outbox', 't', '3', 'too_large'],
    ]);
    expect(log.status.outbox.deadLetters).toBe(1);
    await log.purge({ deadLetters: true });
    expect(await log.deadLetters()).toEqual([]);
    expect(log.status.outbox.deadLetters).toBe(0);
  });

  test('is sent for by one tab at a time, and the next takes over at once', async () => {
    const far = farEnd();
    const log = await freshLog();
    const other = await open(log);
    const [first, second] = [far.publisher(), far.publisher()];
    const [one, two] = [log.outbox(first), other.outbox(second)];
    await sendAll(one, 10);
    await sendAll(two, 10, { from: 10 });
    await two.flush();
    expect([first.sent, second.sent]).toEqual([20, 0]);
    await log.close();
    await sendAll(two, 10, { from: 20 });
    await two.flush();
    expect(second.sent).toBe(10);
    expect(far.received).toEqual(items(30));
  });

  test('removes what it has sent', async () => {
    const far = farEnd();
    const log = await freshLog();
    const outbox = log.outbox(far.publisher());
    const before = log.status.bytes;
    await outbox.send('t', new Uint8Array(100_000));
    await outbox.flush();
    await expect.poll(async () => (await log.refresh()).bytes).toBe(before);
  });

  test("does not send what the log's own publisher stores", async () => {
    const far = farEnd();
    const log = await freshLog();
    const outbox = log.outbox(far.publisher());
    await log.publisher().send('t', bytes('mine'));
    await outbox.send('t', bytes('for others'));
    await outbox.flush();
    expect(far.received).toEqual(['for others']);
  });

  test("hands its inner publisher's wish for batches on, and events as events", async () => {
    const queue = new Queue();
    const log = await freshLog();
    const producer = new StreamProducer<number>(log.outbox(new QueuePublisher(queue)));
    const consumer = new StreamConsumer<number>(new QueueSubscriber(queue));
    await Promise.all([1, 2, 3].map((n) => producer.send('t', n)));
    await producer.closeTopics('t');
    const seen: number[] = [];
    for await (const n of consumer) seen.push(n);
    expect(seen).toEqual([1, 2, 3]);
    const limited = { ...farEnd().publisher(), limits: { batchBytes: 11_776 } };
    expect(log.outbox(limited, { name: 'limited' }).limits.batchBytes).toBe(11_776);
  });
});

/** Where publishers send to, and what it does with it. */
function farEnd() {
  const far = {
    received: [] as string[],
    fail: undefined as StreamError | undefined,
    refuse: (_message: string): StreamError | undefined => undefined,
    publisher() {
      const publisher = {
        sent: 0,
        limits: { inFlight: 4 },
        async send(topic: string, payload: Uint8Array) {
          await undefined;
          const message = text({ topic, payload });
          const error = far.fail ?? far.refuse(message);
          if (error) throw error;
          publisher.sent++;
          far.received.push(message);
        },
        async close() {},
        async [Symbol.asyncDispose]() {},
      };
      return publisher;
    },
  };
  return far;
}
