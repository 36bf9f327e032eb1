import { describe, expect, test } from 'vitest';
import { StreamError } from './errors.js';
import type { FilterOptions } from './filter.js';
import { countingGate } from './fixtures/gate.js';
import { deferred } from './fixtures/promises.js';
import type { Filter } from './protocols.js';

const EVENTS = [{ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }];
const odd = ({ n }: { n?: number }) => (n ?? 0) % 2 === 1;

describe('a filter', () => {
  test('true drops, false keeps, each in its place', () => {
    expect(judged({ filter: odd })).toEqual([false, true, false, true]);
  });

  test('without one, everything is kept and nobody is asked', () => {
    const gate = countingGate({});
    expect(gate.judge(EVENTS)).toEqual([false, false, false, false]);
  });

  test('that answers later keeps the order, however late each answer is', async () => {
    const answers = EVENTS.map(() => deferred<boolean>());
    const verdicts = judged({ filter: ({ n }: { n: number }) => answers[n]?.promise ?? true });
    for (const n of [3, 1, 0, 2]) answers[n]?.resolve(n < 2);
    expect(await verdicts).toEqual([true, true, false, false]);
  });

  test('that answers some at once and some later keeps the order', async () => {
    expect(await judged({ filter: ({ n }: { n: number }) => (n === 1 ? Promise.resolve(true) : n === 3) })).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  test('sees the metadata as it is', () => {
    const seen: unknown[] = [];
    judged({ filter: (metadata) => seen.push(metadata) < 0 });
    expect(seen).toEqual(EVENTS);
  });
});

describe('a batch filter', () => {
  test('is asked once for all, in order, and the filter itself is not', () => {
    const asked: unknown[] = [];
    const filter = withBatch((metadata) => {
      asked.push(metadata);
      return metadata.map(odd);
    });
    expect(judged({ filter })).toEqual([false, true, false, true]);
    expect(asked).toEqual([EVENTS]);
  });

  test('may answer later', async () => {
    expect(await judged({ filter: withBatch(async (metadata) => metadata.map(odd)) })).toEqual([false, true, false, true]);
  });

  test.each<[string, () => unknown]>([
    ['too few answers', () => [true, true, true]],
    ['too many', () => [true, true, true, true, true]],
    ['no list', () => true],
    ['nothing', () => undefined],
    ['a promise of too few', () => Promise.resolve([true])],
    ['a rejection', () => Promise.reject(new Error('away'))],
  ])('with %s has failed for all of them', async (_, answer) => {
    const gate = countingGate({ filter: withBatch(answer as () => boolean[]), onFilterError: 'drop' });
    expect(await gate.judge(EVENTS)).toEqual([true, true, true, true]);
    expect(gate.errors).toBe(4);
  });

  test('whose list has a hole has failed for that one', async () => {
    const gate = countingGate({ filter: withBatch(() => [true, false, 1 as never, true]) });
    expect(gate.judge(EVENTS)).toEqual([true, false, false, true]);
    expect(gate.errors).toBe(1);
  });
});

describe('a filter that fails', () => {
  const failing: readonly [string, Filter][] = [
    ['throws', raise],
    ['rejects', async () => raise()],
    ['throws nothing', () => raise(undefined)],
    ['answers no boolean', () => 1 as never],
    ['answers nothing', () => undefined as never],
    ['answers no boolean later', async () => 'yes' as never],
    // biome-ignore lint/suspicious/noThenProperty: this is what it is about
    ['answers with a thenable that throws', () => ({ then: raise }) as never],
    [
      'answers with something that cannot be looked at',
      () =>
        Object.defineProperty({}, 'then', {
          get() {
            raise();
          },
        }) as never,
    ],
    ['never answers', () => new Promise(() => {})],
  ];

  test.each(failing)('%s: the event is kept, and counted', async (_, filter) => {
    const gate = countingGate({ filter, filterTimeoutMs: 1 });
    expect(await gate.judge([{}])).toEqual([false]);
    expect(gate.errors).toBe(1);
  });

  test.each(failing)('%s: the event is dropped when that is wanted, and counted', async (_, filter) => {
    const gate = countingGate({ filter, filterTimeoutMs: 1, onFilterError: 'drop' });
    expect(await gate.judge([{}])).toEqual([true]);
    expect(gate.errors).toBe(1);
  });

  test.each(failing)('%s: the verdict is the error when that is wanted', async (_, filter) => {
    const gate = countingGate({ filter, filterTimeoutMs: 1, onFilterError: 'throw' });
    const [verdict] = await gate.judge([{}]);
    expect(verdict).toBeInstanceOf(StreamError);
    expect(verdict).toMatchObject({ code: 'filter_failed' });
  });

  test('says why', async () => {
    const gate = countingGate({ filter: () => raise(), onFilterError: 'throw' });
    expect(await gate.judge([{}])).toEqual([expect.objectContaining({ message: 'The filter threw: broken', cause: new Error('broken') })]);
  });

  test('for one event leaves the others their answers', async () => {
    expect(await judged({ filter: ({ n }: { n: number }) => (n === 1 ? raise() : n === 2) })).toEqual([false, false, true, false]);
  });
});

test.each<FilterOptions>([
  { filter: 'mag > 3' as never },
  { onFilterError: 'ignore' as never },
  { filterTimeoutMs: 0 },
  { filterTimeoutMs: Number.NaN },
  { filterTimeoutMs: Number.POSITIVE_INFINITY },
])('options that make no sense are refused: %o', (options) => {
  expect(() => countingGate(options)).toThrow(TypeError);
});

function judged(options: FilterOptions) {
  return countingGate(options).judge(EVENTS);
}

function withBatch(batch: NonNullable<Filter['batch']>): Filter {
  return Object.assign(() => raise(), { batch });
}

function raise(error: unknown = new Error('broken')): never {
  throw error;
}
