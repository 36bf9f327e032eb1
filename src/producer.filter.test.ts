import { describe, expect, test, vi } from 'vitest';
import { keep } from './filters/index.js';
import { deferred, stateOf } from './fixtures/promises.js';
import { TestPublisher } from './fixtures/test-publisher.js';
import { StreamProducer } from './producer.js';
import type { Filter } from './protocols.js';

const odd: Filter<{ n: number }> = ({ n }) => n % 2 === 1;

async function sendAll(producer: StreamProducer<number>, numbers: readonly number[]): Promise<PromiseSettledResult<void>[]> {
  return Promise.allSettled(numbers.map((n) => producer.send('t', n, { metadata: { n } })));
}

describe('a producer’s filter', () => {
  test('drops what it says true to, before it counts to a batch', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { filter: odd, batchSize: 2 });
    for (const n of [1, 2, 3]) await producer.send('t', n, { metadata: { n } });
    expect(publisher.attempts).toBe(0);
    await producer.send('t', 4, { metadata: { n: 4 } });
    expect(publisher.messages()).toEqual([[2, 4]]);
    expect(producer.stats).toMatchObject({ dropped: 2, events: 2 });
  });

  test('may say what to keep instead', async () => {
    const publisher = new TestPublisher();
    await sendAll(new StreamProducer<number>(publisher, { filter: keep(odd) }), [1, 2, 3]);
    expect(publisher.contents()).toEqual([1, 3]);
  });

  test('sees the metadata, and an empty one where there is none', async () => {
    const filter = vi.fn(() => false);
    const producer = new StreamProducer<number>(new TestPublisher(), { filter });
    await producer.send('t', 1, { metadata: { a: 1 } });
    await producer.send('t', 2);
    expect(filter.mock.calls).toEqual([[{ a: 1 }], [{}]]);
  });

  test('that answers late keeps the order', async () => {
    const publisher = new TestPublisher();
    const answers = Array.from({ length: 4 }, () => deferred<boolean>());
    const producer = new StreamProducer<number>(publisher, { filter: ({ n }) => answers[n]?.promise ?? false });
    const sends = sendAll(producer, [0, 1, 2, 3]);
    for (const n of [3, 1, 2]) answers[n]?.resolve(n === 1);
    expect(await stateOf(sends)).toBe('pending');
    answers[0]?.resolve(false);
    await sends;
    expect(publisher.contents()).toEqual([0, 2, 3]);
  });

  test('that answers some late and some at once keeps the order', async () => {
    const publisher = new TestPublisher();
    const filter: Filter<{ n: number }> = ({ n }) => (n % 3 === 0 ? Promise.resolve(false) : false);
    await sendAll(new StreamProducer<number>(publisher, { filter }), [0, 1, 2, 3, 4, 5]);
    expect(publisher.contents()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('may be asked about many at once, and about events only', async () => {
    const publisher = new TestPublisher();
    const batch = vi.fn(async (all: readonly { n: number }[]) => all.map(odd) as boolean[]);
    const filter: Filter<{ n: number }> = Object.assign(() => true, { batch });
    const producer = new StreamProducer<number>(publisher, { filter });
    await sendAll(producer, [1, 2, 3, 4]);
    await producer.flush();
    await producer.closeTopics('t');
    expect(publisher.contents()).toEqual([2, 4, 'end']);
    const asked = batch.mock.calls.map(([all]) => all.map(({ n }) => n));
    expect(asked.flat()).toEqual([1, 2, 3, 4]);
    expect(asked.every((all) => all.length > 0)).toBe(true);
  });
});

describe.each<[string, Filter]>([
  [
    'throws',
    () => {
      throw new Error('broken');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
  ['answers neither true nor false', (() => 'yes') as unknown as Filter],
  ['answers too late', () => new Promise<boolean>(() => {})],
  ['answers for too few', Object.assign(() => false, { batch: () => [] })],
])('a producer’s filter that %s', (_how, filter) => {
  const options = { filter, filterTimeoutMs: 5 };

  test('loses nothing', async () => {
    const publisher = new TestPublisher();
    await sendAll(new StreamProducer<number>(publisher, options), [1, 2]);
    expect(publisher.contents()).toEqual([1, 2]);
  });

  test('drops with onFilterError drop', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { ...options, onFilterError: 'drop' });
    await sendAll(producer, [1, 2]);
    expect(publisher.contents()).toEqual([]);
    expect(producer.stats.dropped).toBe(2);
  });

  test('is told to the sender with onFilterError throw, and what is sent later goes its way', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { ...options, onFilterError: 'throw' });
    expect(await sendAll(producer, [1, 2])).toMatchObject(Array(2).fill({ status: 'rejected', reason: { code: 'filter_failed' } }));
    await producer.closeTopics('t');
    expect(publisher.contents()).toEqual(['end']);
  });
});
