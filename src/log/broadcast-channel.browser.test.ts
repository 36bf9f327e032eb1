import { describe, expect, test } from 'vitest';
import { bytes, freshLog, items, open, read, sendAll, text } from '../../e2e/support/log-scene.js';
import { StreamConsumer, StreamProducer } from '../index.js';
import { BroadcastChannelPublisher, BroadcastChannelSubscriber } from '../shims/broadcast-channel.js';

const numbers = Array.from({ length: 200 }, (_, n) => n);

describe('BroadcastChannel inside an outbox and an inbox', () => {
  test('carries events from log to log, in order, with their metadata and their end', async () => {
    const channel = crypto.randomUUID();
    const [there, here] = [await freshLog(), await freshLog()];
    const inbox = here.inbox(new BroadcastChannelSubscriber('quakes/+', { channel }), { name: 'board' });
    await inbox.ready();
    const producer = new StreamProducer<number>(there.outbox(new BroadcastChannelPublisher({ channel })));
    await Promise.all(numbers.map((n) => producer.send('quakes/us', n, { metadata: { n } })));
    await producer.send('other', -1);
    await producer.closeTopics('quakes/us');
    await producer.flush();
    const consumer = new StreamConsumer<number>(inbox);
    const seen: unknown[] = [];
    for await (const [{ n }, item] of consumer.iterWithMetadata()) seen.push([n, item]);
    expect(seen).toEqual(numbers.map((n) => [n, n]));
    expect(consumer.stats.gaps).toBe(0);
    await there.refresh();
    expect(there.status.outbox).toEqual({ backlog: 0, deadLetters: 0 });
    await producer.close();
  });

  test('carries bytes as they are', async () => {
    const channel = crypto.randomUUID();
    const [there, here] = [await freshLog(), await freshLog()];
    const inbox = here.inbox(new BroadcastChannelSubscriber('t', { channel }), { name: 'board' });
    await inbox.ready();
    const outbox = there.outbox(new BroadcastChannelPublisher({ channel }));
    await sendAll(outbox, 50);
    await outbox.send('t', new Uint8Array());
    await outbox.flush();
    const messages = await read(inbox, 51);
    expect(messages.map(text)).toEqual([...items(50), '']);
    expect(messages.every(({ topic }) => topic === 't')).toBe(true);
  });

  test('is kept for a reader that is away, as long as some tab has the inbox', async () => {
    const channel = crypto.randomUUID();
    const log = await freshLog();
    const [one, other] = [log, await open(log)];
    const make = () => new BroadcastChannelSubscriber('t', { channel });
    const board = one.inbox(make, { name: 'board', inbox: 'wire' });
    await board.ready();
    await other.inbox(make, { name: 'log', inbox: 'wire' }).ready();
    const publisher = new BroadcastChannelPublisher({ channel });
    await publisher.send('t', bytes('0'));
    expect((await read(board, 1)).map(text)).toEqual(['0']);
    await one.close();
    // The tab that is left has the channel, once it says so.
    await expect.poll(() => other.status.inboxes[0]?.leader).toBe(true);
    await other.inbox(make, { name: 'third', inbox: 'wire' }).ready();
    for (const item of items(3, 1)) await publisher.send('t', bytes(item));
    await expect.poll(async () => (await other.refresh()).cursors.find(({ name }) => name === 'board')?.lag).toBe(3);
    const back = (await open(log)).inbox(make, { name: 'board', inbox: 'wire' });
    expect((await read(back, 3)).map(text)).toEqual(items(3, 1));
    await publisher.close();
  });
});
