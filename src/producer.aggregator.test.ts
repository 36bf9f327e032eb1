import { describe, expect, test, vi } from 'vitest';
import { MemoryStore } from './fixtures/memory-store.js';
import { TestPublisher } from './fixtures/test-publisher.js';
import { StreamProducer } from './producer.js';

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

describe('an aggregator', () => {
  test.each([1, 2, 3])('makes one object of each batch of %i', async (batchSize) => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize, aggregator: sum });
    for (let i = 0; i < 10; i++) await producer.send('t', 1);
    await producer.flush();
    expect(publisher.contents()).toHaveLength(Math.ceil(10 / batchSize));
    expect(sum(publisher.contents() as number[])).toBe(10);
  });

  test('is asked for a batch of one, too', async () => {
    const publisher = new TestPublisher();
    const aggregator = vi.fn(async (texts: readonly string[]) => `<${texts.join()}>`);
    await new StreamProducer<string>(publisher, { aggregator }).send('t', 'a');
    expect(aggregator.mock.calls).toEqual([[['a']]]);
    expect(publisher.contents()).toEqual(['<a>']);
  });

  test('keeps each batch to its size, even when many wait', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 2, aggregator: sum });
    publisher.hold();
    const sends = Array.from({ length: 8 }, () => producer.send('t', 1));
    await publisher.attempted(1);
    publisher.release();
    await Promise.all(sends);
    expect(publisher.messages()).toEqual([[2], [2], [2], [2]]);
  });

  test('unites the metadata, later ones winning, and evicts if any would', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 3, aggregator: sum, defaultStore: new MemoryStore() });
    await producer.send('t', 1, { evict: false, metadata: { a: 1, b: 1 } });
    await producer.send('t', 1, { evict: true, metadata: { b: 2, c: 2 } });
    await producer.send('t', 1, { evict: false, metadata: { c: 3 } });
    expect(publisher.batches[0]?.events).toMatchObject([{ type: 'key', evict: true, metadata: { a: 1, b: 2, c: 3 } }]);
  });

  test('leaves objects in the store when all of a batch should stay', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 2, aggregator: sum, defaultStore: new MemoryStore() });
    for (let i = 0; i < 2; i++) await producer.send('t', 1, { evict: false });
    expect(publisher.batches[0]?.events).toMatchObject([{ evict: false }]);
  });

  test('is not asked about the end of a stream', async () => {
    const publisher = new TestPublisher();
    const aggregator = vi.fn(sum);
    await new StreamProducer<number>(publisher, { aggregator }).closeTopics('t');
    expect(aggregator).not.toHaveBeenCalled();
    expect(publisher.contents()).toEqual(['end']);
  });

  test('that fails loses nothing: the batch is made again by the next flush', async () => {
    const publisher = new TestPublisher();
    const aggregator = vi.fn(sum).mockRejectedValueOnce(new Error('no'));
    const producer = new StreamProducer<number>(publisher, { batchSize: 2, aggregator: (numbers) => aggregator(numbers) });
    await producer.send('t', 1);
    await expect(producer.send('t', 2)).rejects.toThrow('no');
    expect(publisher.attempts).toBe(0);
    await producer.flush();
    expect(publisher.messages()).toEqual([[3]]);
  });

  test('is asked once for a batch that is published at the second attempt', async () => {
    const publisher = new TestPublisher();
    const aggregator = vi.fn(sum);
    const producer = new StreamProducer<number>(publisher, { aggregator });
    publisher.failure = new Error('away');
    await expect(producer.send('t', 1)).rejects.toThrow('away');
    publisher.failure = undefined;
    await producer.flush();
    expect(aggregator).toHaveBeenCalledTimes(1);
    expect(publisher.messages()).toEqual([[1]]);
  });
});
