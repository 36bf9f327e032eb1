import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { StreamError } from '../errors.js';
import { countingGate } from '../fixtures/gate.js';
import { TestPublisher } from '../fixtures/test-publisher.js';
import { StreamProducer } from '../producer.js';
import { all, any, explain, type Filter, keep, not, samplingFilter } from './index.js';

interface Numbered {
  readonly n: number;
}

const NUMBERS = Array.from({ length: 8 }, (_, n) => ({ n }));
const odd = ({ n }: Numbered) => n % 2 === 1;
const high = async ({ n }: Numbered) => n > 3;
const batched: Filter<Numbered> = Object.assign(() => raise(), { batch: (all: readonly Numbered[]) => all.map(({ n }) => n > 3) });
const indices = async (filter: Filter<Numbered>) => (await filter.batch?.(NUMBERS))?.flatMap((drop, n) => (drop === true ? [n] : []));

describe('filters made of others', () => {
  test.each<[string, Filter<Numbered>, number[]]>([
    ['any', any(odd, high), [1, 3, 4, 5, 6, 7]],
    ['any, in batches', any(odd, batched), [1, 3, 4, 5, 6, 7]],
    ['all', all(odd, high), [5, 7]],
    ['all, in batches', all(batched, odd), [5, 7]],
    ['not', not(odd), [0, 2, 4, 6]],
    ['not of not', not(not(high)), [4, 5, 6, 7]],
    ['keep of a filter', keep(any(odd, batched)), [0, 2]],
    ['any of one', any(odd), [1, 3, 5, 7]],
    ['many levels', any(all(odd, not(high)), all(high, not(odd))), [1, 3, 4, 6]],
    ['sampling among them', all(samplingFilter(1), not(any(samplingFilter(0), odd))), [0, 2, 4, 6]],
  ])('%s', async (_, filter, dropped) => {
    expect(await indices(filter)).toEqual(dropped);
    const singly = await Promise.all(NUMBERS.map((metadata) => filter(metadata)));
    expect(singly.flatMap((drop, n) => (drop ? [n] : []))).toEqual(dropped);
  });

  test('answer at once when all of them do', () => {
    expect(any(odd, not(odd)).batch?.(NUMBERS)).toEqual(Array(8).fill(true));
  });

  test('ask each only about what the ones before left open', async () => {
    const asked = vi.fn(odd);
    await any(batched, asked).batch?.(NUMBERS);
    await all(batched, asked).batch?.(NUMBERS);
    expect(asked.mock.calls.map(([{ n }]) => n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('say what each has cost', () => {
    const filter = any(odd, not(Object.assign(({ n }: Numbered) => n < 3, { displayName: 'low' })));
    filter.batch?.(NUMBERS);
    filter.batch?.([]);
    const cost = { runs: 'page', failed: 0, ms: expect.any(Number) };
    expect(explain(filter)).toEqual({
      ...{ filter: 'any', ...cost, seen: 8, dropped: 6 },
      parts: [
        { filter: 'odd', ...cost, seen: 8, dropped: 4, parts: [] },
        { filter: 'not', ...cost, seen: 4, dropped: 2, parts: [{ filter: 'filter', ...cost, seen: 4, dropped: 2, parts: [] }] },
      ],
    });
  });

  test('say nothing of a filter that nobody measured', () => {
    expect(explain(() => true)).toEqual({ filter: 'filter', runs: 'page', seen: 0, dropped: 0, failed: 0, ms: 0, parts: [] });
  });

  test('need some', () => {
    expect(() => any()).toThrow(TypeError);
    expect(() => all()).toThrow(TypeError);
    expect(() => not(undefined as never)).toThrow(TypeError);
    expect(() => explain('odd' as never)).toThrow(TypeError);
  });

  test('drop on the producer’s side what need not be sent, in order', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { filter: any(odd, high) });
    await Promise.all(NUMBERS.map(({ n }) => producer.send('t', n, { metadata: { n } })));
    expect(publisher.contents()).toEqual([0, 2]);
    expect(producer.stats.dropped).toBe(6);
  });
});

describe('a part that fails', () => {
  const failing: readonly [string, Filter<Numbered>][] = [
    ['throws', () => raise()],
    ['rejects', async () => raise()],
    ['answers no boolean', () => 1 as never],
    ['throws for the batch', Object.assign(() => true, { batch: () => raise() })],
    ['answers for too few', Object.assign(() => true, { batch: () => [] })],
  ];

  test.each(failing)('and %s decides nothing where others decide', async (_, bad) => {
    expect(await indices(any(bad, odd))).toEqual([1, 3, 5, 7]);
    expect(await indices(any(odd, bad))).toEqual([1, 3, 5, 7]);
    const kept = async (filter: Filter<Numbered>) => (await filter.batch?.(NUMBERS))?.flatMap((drop, n) => (drop === false ? [n] : []));
    expect(await kept(all(bad, odd))).toEqual([0, 2, 4, 6]);
    expect(await kept(all(odd, bad))).toEqual([0, 2, 4, 6]);
  });

  test.each(failing)('and %s is an error where nobody decides, for that event alone', async (_, bad) => {
    for (const filter of [any(bad, odd), not(all(not(odd), bad)), not(bad), keep(any(bad, odd))]) {
      const gate = countingGate({ filter, onFilterError: 'throw' });
      const verdicts = await gate.judge([{ n: 0 }]);
      expect(verdicts).toEqual([expect.objectContaining({ code: 'filter_failed' })]);
      expect(gate.errors).toBe(1);
      await expect(Promise.resolve(filter({ n: 0 }))).rejects.toMatchObject({ code: 'filter_failed' });
    }
  });

  test('is counted', async () => {
    const filter = any(({ n }: Numbered) => (n === 2 ? raise() : n === 3), odd);
    await filter.batch?.(NUMBERS);
    expect(explain(filter)).toMatchObject({
      failed: 1,
      dropped: 4,
      parts: [
        { failed: 1, seen: 8, dropped: 1 },
        { seen: 7, dropped: 3 },
      ],
    });
  });
});

test('whatever filters are made of, they answer as three-valued logic has it', async () => {
  type Recipe = {
    readonly op: 'any' | 'all' | 'not' | 'leaf';
    readonly parts: readonly Recipe[];
    readonly salt: number;
    readonly late: boolean;
  };
  const recipe = fc.letrec<{ recipe: Recipe }>((tie) => ({
    recipe: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.record({ op: fc.constant('leaf' as const), parts: fc.constant([]), salt: fc.nat(20), late: fc.boolean() }),
      fc.record({
        op: fc.constantFrom('any' as const, 'all' as const),
        parts: fc.array(tie('recipe'), { minLength: 1, maxLength: 3 }),
        salt: fc.constant(0),
        late: fc.constant(false),
      }),
      fc.record({ op: fc.constant('not' as const), parts: fc.tuple(tie('recipe')), salt: fc.constant(0), late: fc.constant(false) }),
    ),
  })).recipe;
  const answer = (salt: number, n: number) => [true, false, undefined][(salt * 7 + n * 3 + ((salt * n) % 5)) % 3];
  const build = ({ op, parts, salt, late }: Recipe): Filter<Numbered> => {
    const leaf = ({ n }: Numbered) => answer(salt, n) ?? raise();
    if (op === 'leaf') return late ? async (metadata) => leaf(metadata) : leaf;
    const built = parts.map(build);
    return op === 'not' ? not(built[0] as Filter<Numbered>) : { any, all }[op](...built);
  };
  const expected = ({ op, parts, salt }: Recipe, n: number): boolean | undefined => {
    if (op === 'leaf') return answer(salt, n);
    const given = parts.map((part) => expected(part, n));
    if (op === 'not') return given[0] === undefined ? undefined : !given[0];
    const deciding = op === 'any';
    return given.includes(deciding) ? deciding : given.includes(undefined) ? undefined : !deciding;
  };
  await fc.assert(
    fc.asyncProperty(recipe, async (made) => {
      const given = (await any(build(made)).batch?.(NUMBERS)) ?? [];
      const answers = given.map((drop) => ((drop as unknown) instanceof StreamError ? undefined : drop));
      expect(answers).toEqual(NUMBERS.map(({ n }) => expected(made, n)));
    }),
    { numRuns: 1000 },
  );
});

function raise(): never {
  throw new Error('broken');
}
