import { describe, expect, test, vi } from 'vitest';
import { StreamConsumer } from './consumer.js';
import { END_OF_STREAM } from './events.js';
import { keep } from './filters/index.js';
import { MemoryStore } from './fixtures/memory-store.js';
import { collect, deferred, stateOf } from './fixtures/promises.js';
import { batch, byKey, inline, Wire } from './fixtures/wire.js';
import type { Filter } from './protocols.js';

const odd: Filter<{ n: number }> = ({ n }) => n % 2 === 1;

/** One message of numbers, each its own metadata, and the end. */
const numbers = (...all: number[]) => new Wire().bring(batch([...all.map((n) => inline(n, { n })), END_OF_STREAM]));

describe('a consumer’s filter', () => {
  test('drops what it says true to', async () => {
    const consumer = new StreamConsumer<number>(numbers(1, 2, 3, 4), { filter: odd });
    expect(await collect(consumer)).toEqual([2, 4]);
    expect(consumer.stats).toMatchObject({ events: 2, dropped: 2 });
  });

  test('may say what to keep instead', async () => {
    expect(await collect(new StreamConsumer<number>(numbers(1, 2, 3), { filter: keep(odd) }))).toEqual([1, 3]);
  });

  test('never makes an object be decoded that it drops', async () => {
    const read = vi.fn(() => 'object');
    const event = {
      type: 'inline' as const,
      metadata: { n: 1 },
      get object() {
        return read();
      },
    };
    await collect(new StreamConsumer(new Wire().bring(batch([event, END_OF_STREAM])), { filter: odd }));
    expect(read).not.toHaveBeenCalled();
  });

  test('that answers late keeps the order', async () => {
    const answers = Array.from({ length: 4 }, () => deferred<boolean>());
    const filter: Filter<{ n: number }> = ({ n }) => answers[n]?.promise ?? false;
    const reading = collect(new StreamConsumer<number>(numbers(0, 1, 2, 3), { filter }));
    for (const n of [3, 1, 2]) answers[n]?.resolve(n === 1);
    expect(await stateOf(reading)).toBe('pending');
    answers[0]?.resolve(false);
    expect(await reading).toEqual([0, 2, 3]);
  });

  test('may be asked about many at once, and about objects only', async () => {
    const ask = vi.fn((all: readonly { n: number }[]) => all.map(odd) as boolean[]);
    const filter: Filter<{ n: number }> = Object.assign(() => true, { batch: ask });
    expect(await collect(new StreamConsumer<number>(numbers(1, 2, 3, 4), { filter }))).toEqual([2, 4]);
    expect(ask.mock.calls).toEqual([[[1, 2, 3, 4].map((n) => ({ n }))]]);
  });

  test('evicts an object that it drops, unread, if its producer wanted that', async () => {
    const store = new MemoryStore();
    const keys = [await store.put('once'), await store.put('kept')] as const;
    const events = [byKey(keys[0], { metadata: { n: 1 } }), byKey(keys[1], { metadata: { n: 1 }, evict: false }), END_OF_STREAM];
    const wire = new Wire().bring(batch(events, { stores: [store.config] }));
    expect(await collect(new StreamConsumer(wire, { filter: odd, stores: [store] }))).toEqual([]);
    expect(store.calls).toMatchObject({ get: 0, evict: 1 });
    expect([...store.objects.values()]).toEqual(['kept']);
  });

  test('goes on when such an object cannot be evicted, and says so', async () => {
    const store = new MemoryStore();
    store.failures.evict = new Error('stuck');
    const onInvalid = vi.fn();
    const wire = new Wire().bring(
      batch([byKey('key', { metadata: { n: 1 } }), inline('next', { n: 2 }), END_OF_STREAM], { stores: [store.config] }),
    );
    const proxies = await collect(new StreamConsumer(wire, { filter: odd, stores: [store], onInvalid }).iterObjects());
    expect(proxies).toEqual(['next']);
    expect(onInvalid.mock.calls).toMatchObject([[{ cause: store.failures.evict }]]);
  });

  test('must be a function', () => {
    expect(() => new StreamConsumer(new Wire(), { filter: true as unknown as Filter })).toThrow(TypeError);
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
  ['answers neither true nor false', (() => undefined) as unknown as Filter],
  ['answers too late', () => new Promise<boolean>(() => {})],
  ['answers for too many', Object.assign(() => false, { batch: () => Array(99).fill(true) })],
])('a consumer’s filter that %s', (_how, filter) => {
  const options = { filter, filterTimeoutMs: 5 };

  test('loses nothing, and is counted', async () => {
    const consumer = new StreamConsumer<number>(numbers(1, 2), options);
    expect(await collect(consumer)).toEqual([1, 2]);
    expect(consumer.stats).toMatchObject({ filterErrors: 2, dropped: 0 });
  });

  test('drops with onFilterError drop, and is counted', async () => {
    const consumer = new StreamConsumer<number>(numbers(1, 2), { ...options, onFilterError: 'drop' });
    expect(await collect(consumer)).toEqual([]);
    expect(consumer.stats).toMatchObject({ filterErrors: 2, dropped: 2 });
  });
});

describe('a filter that fails with onFilterError throw', () => {
  test('fails the call, after what came before it, and is asked again by the next', async () => {
    const filter = vi.fn(({ n }: { n: number }) => {
      if (n === 2 && filter.mock.calls.filter(([m]) => m.n === 2).length < 3) throw new Error('broken');
      return false;
    });
    const consumer = new StreamConsumer<number>(numbers(1, 2, 3), { filter, onFilterError: 'throw' });
    expect(await consumer.next()).toEqual({ done: false, value: 1 });
    await expect(consumer.next()).rejects.toMatchObject({ code: 'filter_failed' });
    expect(await collect(consumer)).toEqual([2, 3]);
  });

  test('acknowledges nothing of what it failed on', async () => {
    const wire = numbers(1);
    const consumer = new StreamConsumer<number>(wire, { onFilterError: 'throw', filter: () => Promise.reject(new Error('broken')) });
    await expect(consumer.next()).rejects.toMatchObject({ code: 'filter_failed', cause: { message: 'broken' } });
    await consumer.return();
    expect(wire.acknowledged).toEqual([]);
    expect(await collect(new StreamConsumer<number>(wire))).toEqual([1]);
  });
});
