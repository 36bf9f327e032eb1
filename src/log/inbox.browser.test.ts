import { describe, expect, test } from 'vitest';
import { bytes, freshLog, items, open, read, readWithNews, text } from '../../e2e/support/log-scene.js';
import { StreamConsumer, StreamError, StreamProducer } from '../index.js';
import { gap, Mailbox } from '../mailbox.js';
import type { BatchOptions, Message } from '../protocols.js';
import { BroadcastChannelPublisher, BroadcastChannelSubscriber } from '../shims/broadcast-channel.js';

describe('an inbox', () => {
  test('gives out what its inner subscriber receives, and acknowledges it', async () => {
    const wire = new Wire();
    const log = await freshLog();
    const inbox = log.inbox(wire, { name: 'board' });
    wire.bring(...items(10));
    expect((await read(inbox, 10)).map(text)).toEqual(items(10));
    await expect.poll(() => wire.acknowledged).toEqual(items(10));
  });

  test('acknowledges nothing before it is stored', async () => {
    const wire = new Wire();
    const log = await freshLog({ maxBytes: 1000 });
    const inbox = log.inbox(wire, { name: 'board' });
    await inbox.ready();
    wire.bring('x'.repeat(2000));
    await expect.poll(() => log.status.inboxes[0]?.error?.code).toBe('quota_exceeded');
    expect(wire.acknowledged).toEqual([]);
  });

  test('keeps what was received for the tab that comes next', async () => {
    const wire = new Wire();
    const log = await freshLog();
    const inbox = log.inbox(wire, { name: 'board' });
    wire.bring(...items(10));
    await read(inbox, 4);
    await expect.poll(() => wire.acknowledged.length).toBe(10);
    await log.close();
    const other = await open(log);
    expect((await read(other.inbox(new Wire(), { name: 'board' }), 6)).map(text)).toEqual(items(6, 4));
  });

  test('stores what its wire says is missing, in its place', async () => {
    const wire = new Wire();
    const log = await freshLog();
    const inbox = log.inbox(wire, { name: 'board' });
    wire.bring('1');
    wire.mailbox.notify(gap('session_lost', undefined, 't'));
    wire.bring('2');
    const all = await readWithNews(inbox, 2);
    expect(all.map((message) => (message instanceof StreamError ? message.details.reason : text(message)))).toEqual([
      '1',
      'session_lost',
      '2',
    ]);
  });

  test('drops what its wire brings twice', async () => {
    const channel = crypto.randomUUID();
    const log = await freshLog();
    const inbox = log.inbox(new BroadcastChannelSubscriber('#', { channel }), { name: 'board' });
    await inbox.ready();
    const publisher = new BroadcastChannelPublisher({ channel });
    const event = { type: 'inline', metadata: {}, object: 1 } as const;
    const batch = (seq: number) => ({ topic: 't', producer: 'ab'.repeat(16), seq, stores: [], events: [event] });
    for (const seq of [0, 1, 1, 0, 2]) await publisher.sendEvents(batch(seq));
    expect((await read(inbox, 3)).length).toBe(3);
    await expect.poll(async () => (await log.refresh()).duplicates).toBe(2);
    await publisher.close();
  });

  test('is received for by one tab at a time', async () => {
    const [first, second] = [new Wire(), new Wire()];
    const log = await freshLog();
    const other = await open(log);
    const one = log.inbox(first, { inbox: 'quakes', name: 'one' });
    await one.ready();
    const two = other.inbox(second, { inbox: 'quakes', name: 'two' });
    await two.ready();
    first.bring('1');
    expect((await read(one, 1)).map(text)).toEqual(['1']);
    expect((await read(two, 1)).map(text)).toEqual(['1']);
    expect([first.used, second.used]).toEqual([true, false]);
    await log.close();
    await expect.poll(() => second.used).toBe(true);
    second.bring('2');
    expect((await read(two, 1)).map(text)).toEqual(['2']);
  });

  test('fails with what its inner subscriber fails with for good', async () => {
    const wire = new Wire();
    const log = await freshLog();
    const inbox = log.inbox(wire, { name: 'board' });
    const next = inbox.batches()[Symbol.asyncIterator]().next();
    wire.mailbox.close(new StreamError('not_authorized', 'no'));
    await expect(next).rejects.toMatchObject({ code: 'not_authorized' });
  });

  test('filters before it stores', async () => {
    const channel = crypto.randomUUID();
    const log = await freshLog();
    const inbox = log.inbox(new BroadcastChannelSubscriber('#', { channel }), { name: 'board', filter: ({ mag }) => mag < 2 });
    await inbox.ready();
    const producer = new StreamProducer<number>(new BroadcastChannelPublisher({ channel }));
    const consumer = new StreamConsumer<number>(inbox);
    for (const mag of [1, 2, 3, 1, 4]) await producer.send('t', mag, { metadata: { mag } });
    await producer.closeTopics('t');
    const seen: number[] = [];
    for await (const mag of consumer) seen.push(mag);
    expect(seen).toEqual([2, 3, 4]);
    expect(consumer.stats.dropped).toBe(0);
    expect(consumer.stats.gaps).toBe(0);
    await producer.close();
  });
});

/** A subscriber whose messages the test brings, and whose acknowledgements it sees. */
class Wire {
  readonly acknowledged: string[] = [];
  readonly mailbox = new Mailbox<Message>({ onAck: (messages) => this.acknowledged.push(...messages.map(text)) });
  used = false;

  bring(...payloads: readonly string[]): void {
    for (const payload of payloads) this.mailbox.push({ topic: 't', payload: bytes(payload) }, 1);
  }

  batches(options?: BatchOptions) {
    this.used = true;
    return this.mailbox.batches(options);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    throw new Error('batches are read');
  }

  async close(): Promise<void> {
    this.mailbox.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
