import { describe, expect, test, vi } from 'vitest';
import { messagePack } from './codec.js';
import { StreamError } from './errors.js';
import { reasonOf, stateOf } from './fixtures/promises.js';
import { TestPublisher } from './fixtures/test-publisher.js';
import { StreamProducer } from './producer.js';
import { Queue, QueuePublisher } from './shims/queue.js';

describe('a publish that fails', () => {
  test('reaches everyone who waits, and the next flush publishes all of it in order', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    publisher.hold();
    const sends = [producer.send('t', 1)];
    await publisher.attempted(1);
    sends.push(producer.send('t', 2), producer.send('t', 3));
    publisher.failure = new Error('away');
    publisher.release();
    expect(await Promise.all(sends.map(reasonOf))).toEqual(Array(3).fill(publisher.failure));
    publisher.failure = undefined;
    await producer.flush();
    expect(publisher.contents()).toEqual([1, 2, 3]);
    expect(publisher.batches.map(({ seq }) => seq)).toEqual([0, 1]);
    expect(producer.stats.failures).toBe(1);
  });

  test('is tried again by the next send, which comes behind it', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    publisher.failure = new Error('away');
    await expect(producer.send('t', 1)).rejects.toThrow('away');
    publisher.failure = undefined;
    await producer.send('t', 2);
    expect(publisher.contents()).toEqual([1, 2]);
  });

  test('stays first in line however often it fails', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 2 });
    publisher.failure = new Error('away');
    for (let n = 1; n <= 7; n++) await producer.send('t', n).catch(() => {});
    await expect(producer.flush()).rejects.toThrow('away');
    publisher.failure = undefined;
    await producer.flush();
    expect(publisher.contents()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('does not hold up another topic', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    publisher.refuse = ({ topic }) => (topic === 't' ? new Error('away') : undefined);
    await expect(producer.send('t', 1)).rejects.toThrow('away');
    await producer.send('u', 2);
    expect(publisher.contents('u')).toEqual([2]);
  });

  test('of several topics is told as one error that names them all', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 9 });
    for (const topic of ['t', 'u']) await producer.send(topic, 1);
    publisher.refuse = ({ topic }) => new Error(`no ${topic}`);
    const failure = (await reasonOf(producer.flush())) as AggregateError;
    expect(failure.errors.map(String)).toEqual(['Error: no t', 'Error: no u']);
    expect(failure.message).toMatch(/no t.*no u/);
  });

  test('that nobody waits for reaches onError', async () => {
    const publisher = new TestPublisher();
    const onError = vi.fn();
    const producer = new StreamProducer<number>(publisher, { batchSize: 9, lingerMs: 1, onError });
    publisher.failure = new Error('away');
    await producer.send('t', 1);
    await vi.waitFor(() => expect(onError.mock.calls).toEqual([[publisher.failure]]));
    publisher.failure = undefined;
    await producer.flush();
    expect(publisher.contents()).toEqual([1]);
  });
});

describe('what can never be published', () => {
  test('is its sender’s error alone when it cannot be encoded', async () => {
    const queue = new Queue();
    const producer = new StreamProducer<unknown>(new QueuePublisher(queue), { codec: messagePack });
    const sends = [producer.send('t', 1), producer.send('t', () => {}), producer.send('t', 3)];
    const results = await Promise.allSettled(sends);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await reasonOf(sends[1] as Promise<void>)).toMatchObject({ code: 'not_encodable' });
    expect(queue.size).toBe(1);
  });

  test('is told apart from its batch when the publisher finds the batch too large', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher);
    publisher.refuse = ({ events }) =>
      events.some((event) => event.type === 'inline' && event.object === 'large') ? new StreamError('too_large', 'large') : undefined;
    const objects = ['a', 'b', 'large', 'c', 'd'];
    const results = await Promise.allSettled(objects.map((object) => producer.send('t', object)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(publisher.contents()).toEqual(['a', 'b', 'c', 'd']);
    const numbers = publisher.batches.map(({ seq }) => seq as number);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  test('does not stop what comes behind it', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    publisher.failure = new StreamError('not_authorized', 'no');
    await expect(producer.send('t', 1)).rejects.toMatchObject({ code: 'not_authorized' });
    publisher.failure = undefined;
    await producer.send('t', 2);
    expect(publisher.contents()).toEqual([2]);
  });
});

describe('a flush', () => {
  test('waits for what is under way', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    publisher.hold();
    const sending = producer.send('t', 1);
    const flushing = producer.flush();
    expect(await stateOf(flushing)).toBe('pending');
    publisher.release();
    await Promise.all([sending, flushing]);
  });

  test('does not wait for what is sent afterwards', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 2 });
    await producer.send('t', 1);
    const flushing = producer.flush();
    await producer.send('t', 2);
    await flushing;
    expect(publisher.contents()[0]).toBe(1);
  });
});
