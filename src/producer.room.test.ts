import { describe, expect, test } from 'vitest';
import { StreamError } from './errors.js';
import { stateOf, turn } from './fixtures/promises.js';
import { TestPublisher } from './fixtures/test-publisher.js';
import { StreamProducer } from './producer.js';

describe('the high-water mark', () => {
  test('makes sends wait until there is room, in order', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { highWaterMark: 2 });
    publisher.hold();
    const sends = [1, 2, 3, 4, 5].map((n) => producer.send('t', n));
    await publisher.attempted(1);
    publisher.release();
    await Promise.all(sends);
    expect(publisher.messages()).toEqual([[1, 2], [3, 4], [5]]);
  });

  test('counts bytes, too', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<Uint8Array>(publisher, { highWaterBytes: 10_000 });
    publisher.hold();
    const sends = [1, 2, 3].map((n) => producer.send('t', new Uint8Array(4000).fill(n)));
    await publisher.attempted(1);
    expect(publisher.attempts).toBe(1);
    publisher.release();
    await Promise.all(sends);
    expect(publisher.messages().map((objects) => objects.length)).toEqual([2, 1]);
  });

  test('lets one event through that is larger than all the room', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<Uint8Array>(publisher, { highWaterBytes: 100 });
    await Promise.all([1, 2].map(() => producer.send('t', new Uint8Array(5000))));
    expect(publisher.contents()).toHaveLength(2);
  });

  test('is shared by all topics, and a full room of partial batches is published', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 4, highWaterMark: 4 });
    for (const [i, topic] of ['t', 't', 'u', 'u', 'v'].entries()) await producer.send(topic, i);
    await producer.flush();
    expect([publisher.contents('t'), publisher.contents('u'), publisher.contents('v')]).toEqual([[0, 1], [2, 3], [4]]);
  });

  test('lets the filter’s drops make room', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { highWaterMark: 1, filter: async (m) => m.odd });
    await Promise.all([1, 2, 3, 4].map((n) => producer.send('t', n, { metadata: { odd: n % 2 === 1 } })));
    expect(publisher.contents()).toEqual([2, 4]);
  });
});

describe('when publishing fails and the room is full', () => {
  test('who waits for room is told that nothing was taken, and why', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { highWaterMark: 1 });
    const away = new StreamError('not_connected', 'away');
    publisher.failure = away;
    const [taken, refused] = await Promise.allSettled([producer.send('t', 1), producer.send('t', 2)]);
    expect(taken).toMatchObject({ status: 'rejected', reason: away });
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'overflow', cause: away } });
    publisher.failure = undefined;
    await producer.flush();
    expect(publisher.contents()).toEqual([1]);
  });

  test('the next send makes another attempt, and goes through once it succeeds', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { highWaterMark: 1 });
    publisher.failure = new Error('away');
    await expect(producer.send('t', 1)).rejects.toThrow('away');
    await expect(producer.send('t', 2)).rejects.toMatchObject({ code: 'overflow' });
    publisher.failure = undefined;
    await producer.send('t', 3);
    expect(publisher.contents()).toEqual([1, 3]);
  });

  test('a send to another topic makes another attempt of what fills it', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { highWaterMark: 1 });
    publisher.failure = new Error('away');
    await expect(producer.send('t', 1)).rejects.toThrow('away');
    publisher.failure = undefined;
    await producer.send('u', 2);
    expect([publisher.contents('t'), publisher.contents('u')]).toEqual([[1], [2]]);
  });

  test('a flush publishes everything once the publisher is back', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { highWaterMark: 2 });
    publisher.failure = new Error('away');
    await Promise.allSettled([1, 2, 3].map((n) => producer.send('t', n)));
    await turn();
    publisher.failure = undefined;
    await producer.flush();
    expect(publisher.contents()).toEqual([1, 2]);
  });

  test('a send goes on waiting while an attempt is under way', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { highWaterMark: 1 });
    publisher.hold();
    const sends = [producer.send('t', 1), producer.send('u', 2)];
    await publisher.attempted(1);
    expect(await stateOf(sends[1] as Promise<void>)).toBe('pending');
    publisher.release();
    await Promise.all(sends);
  });
});
