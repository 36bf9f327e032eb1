import { describe, expect, test } from 'vitest';
import { StreamConsumer } from './consumer.js';
import type { EndOfStreamRule } from './end-of-stream.js';
import type { EventBatch } from './events.js';
import { collect, stateOf } from './fixtures/promises.js';
import { stream, Wire } from './fixtures/wire.js';

/** Alternately one message of each. */
function mixed(...streams: readonly EventBatch[][]): EventBatch[] {
  const longest = Math.max(...streams.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => streams.flatMap((messages) => messages[i] ?? [])).flat();
}

async function read(messages: readonly EventBatch[], endOfStream?: EndOfStreamRule): Promise<{ items: unknown[]; ended: boolean }> {
  const consumer = new StreamConsumer<unknown>(new Wire().bring(...messages), endOfStream === undefined ? {} : { endOfStream });
  const items: unknown[] = [];
  for (;;) {
    const next = consumer.next();
    if ((await stateOf(next)) === 'pending') return { items, ended: false };
    const { done, value } = await next;
    if (done) return { items, ended: true };
    items.push(value);
  }
}

const [one, two] = [stream(['a1', 'a2'], { producer: 'a' }), stream(['b1', 'b2', 'b3'], { producer: 'b' })];

describe('the stream is over', () => {
  test('at the first end, unless told otherwise', async () => {
    expect(await read(mixed(one, two))).toEqual({ items: ['a1', 'b1', 'a2', 'b2'], ended: true });
    expect(await read(mixed(one, two), 'first')).toEqual({ items: ['a1', 'b1', 'a2', 'b2'], ended: true });
  });

  test('with all: once every producer seen has ended', async () => {
    expect(await read(mixed(one, two), 'all')).toEqual({ items: ['a1', 'b1', 'a2', 'b2', 'b3'], ended: true });
  });

  test('with all: not while one topic of a producer is open', async () => {
    const other = stream(['c1', 'c2', 'c3'], { producer: 'a', topic: 'u' });
    expect(await read(mixed(one, other), 'all')).toEqual({ items: ['a1', 'c1', 'a2', 'c2', 'c3'], ended: true });
    expect((await read(mixed(one, other.slice(0, -1)), 'all')).ended).toBe(false);
  });

  test('with a number: once that many producers have ended', async () => {
    const three = stream(['c1'], { producer: 'c' });
    expect(await read([...one, ...two, ...three], 2)).toEqual({ items: ['a1', 'a2', 'b1', 'b2', 'b3'], ended: true });
    expect((await read([...one, ...two], 3)).ended).toBe(false);
  });

  test('with a number: an end told twice counts once', async () => {
    expect((await read([...one, ...stream([], { producer: 'a', seq: 9 })], 2)).ended).toBe(false);
  });

  test('with a number: not while one topic of a producer is open', async () => {
    const other = stream(['c1', 'c2', 'c3'], { producer: 'a', topic: 'u' });
    expect(await read(mixed(one, other), 1)).toEqual({ items: ['a1', 'c1', 'a2', 'c2', 'c3'], ended: true });
  });

  test('with a number: not when one that had ended sends more', async () => {
    const again = stream(['a3'], { producer: 'a', topic: 'u', ends: false });
    expect((await read([...one, ...again, ...two], 2)).ended).toBe(false);
  });

  test('with never: never', async () => {
    expect(await read(mixed(one, two), 'never')).toEqual({ items: ['a1', 'b1', 'a2', 'b2', 'b3'], ended: false });
  });

  test('also when the subscriber closes', async () => {
    const wire = new Wire();
    const reading = collect(new StreamConsumer<string>(wire, { endOfStream: 'never' }));
    expect(await stateOf(reading)).toBe('pending');
    await wire.close();
    expect(await reading).toEqual([]);
  });
});

describe('once the stream is over', () => {
  test('it stays so, also for every other way of reading', async () => {
    const wire = new Wire().bring(...one);
    const consumer = new StreamConsumer<string>(wire);
    await collect(consumer);
    wire.bring(...two);
    const done = { done: true, value: undefined };
    expect(
      await Promise.all([consumer.next(), consumer.nextObject(), consumer.nextWithMetadata(), consumer.nextObjectWithMetadata()]),
    ).toEqual([done, done, done, done]);
    expect(await collect(consumer)).toEqual([]);
    expect(await collect(consumer.deliveries())).toEqual([]);
    expect(await collect(consumer.readable())).toEqual([]);
  });

  test('what came behind the end is another consumer’s', async () => {
    const wire = new Wire().bring(...one, ...two);
    expect(await collect(new StreamConsumer<string>(wire))).toEqual(['a1', 'a2']);
    expect(wire.acknowledged).toEqual(one);
    expect(await collect(new StreamConsumer<string>(wire))).toEqual(['b1', 'b2', 'b3']);
  });
});

test.each([0, -1, 1.5, 'last'])('endOfStream %j is refused', (rule) => {
  expect(() => new StreamConsumer(new Wire(), { endOfStream: rule as EndOfStreamRule })).toThrow(/endOfStream/);
});
