import { describe, expect, it, test } from 'vitest';
import { describeShim } from '../testing/index.js';
import { Queue, QueuePublisher, QueueSubscriber } from './queue.js';

describeShim(
  'queue',
  {
    supports: { delivery: 'one', bytes: true, events: true, wildcards: true, redelivers: true, keeps: true, holds: true },
    open(buffer) {
      const queue = new Queue(buffer);
      return { publisher: () => new QueuePublisher(queue), subscriber: (filter) => new QueueSubscriber(queue, filter) };
    },
  },
  { describe, it },
);

describe('a full queue', () => {
  test('makes sends wait in line until a message is acknowledged', async () => {
    const { publisher, subscriber, sends } = full();
    const third = publisher.send('a', Uint8Array.of(3));
    const messages = subscriber[Symbol.asyncIterator]();
    await messages.next();
    expect(await settled(third)).toBe(false);
    await messages.next();
    await Promise.all([...sends, third]);
    expect((await messages.next()).value).toEqual(Uint8Array.of(3));
  });

  test('never holds more than its bound', async () => {
    const { queue, publisher, subscriber } = full();
    const sends = Array.from({ length: 50 }, (_, i) => publisher.send('a', Uint8Array.of(i)));
    const sizes: number[] = [];
    for await (const _ of subscriber) {
      sizes.push(queue.size);
      if (sizes.length === 52) break;
    }
    await Promise.all(sends);
    expect(Math.max(...sizes)).toBe(2);
  });

  test('forgets a send that is given up while it waits', async () => {
    const { publisher, subscriber } = full();
    const giveUp = new AbortController();
    const third = publisher.send('a', Uint8Array.of(3), { signal: giveUp.signal });
    const fourth = publisher.send('a', Uint8Array.of(4));
    giveUp.abort(new Error('given up'));
    await expect(third).rejects.toThrow('given up');
    const received: unknown[] = [];
    for await (const [n] of subscriber) if (received.push(n) === 3) break;
    await fourth;
    expect(received).toEqual([1, 2, 4]);
  });

  test('turns away the sends of a publisher that closes, not those of others', async () => {
    const { queue, publisher, subscriber } = full();
    const other = new QueuePublisher(queue).send('a', Uint8Array.of(4));
    const third = publisher.send('a', Uint8Array.of(3));
    await publisher.close();
    await expect(third).rejects.toMatchObject({ code: 'closed' });
    const received: unknown[] = [];
    for await (const [n] of subscriber) if (received.push(n) === 3) break;
    await other;
    expect(received).toEqual([1, 2, 4]);
  });
});

/** A queue with room for two messages, and two in it. */
function full() {
  const queue = new Queue({ maxMessages: 2 });
  const publisher = new QueuePublisher(queue);
  const sends = [publisher.send('a', Uint8Array.of(1)), publisher.send('a', Uint8Array.of(2))];
  return { queue, publisher, subscriber: new QueueSubscriber(queue), sends };
}

/** Whether the promise has settled, once all that is due now has run. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.then(() => {
    done = true;
  });
  await new Promise((resolve) => setTimeout(resolve));
  return done;
}
