import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StreamConsumer } from '../consumer.js';
import { END_OF_STREAM } from '../events.js';
import { countingGate } from '../fixtures/gate.js';
import { collect } from '../fixtures/promises.js';
import { anyMetadata, anyQuery } from '../fixtures/queries.js';
import { batch, inline, Wire } from '../fixtures/wire.js';
import { any, explain, type Filter, not } from './index.js';
import { where } from './where.js';

interface Quake {
  readonly mag: number;
  readonly net: string;
  readonly tags?: readonly string[];
  readonly at?: Date;
}

const QUAKES: readonly Quake[] = [
  { mag: 1, net: 'us' },
  { mag: 2.5, net: 'ak', tags: ['felt'], at: new Date(5) },
  { mag: 6, net: 'us', tags: ['felt', 'tsunami'], at: new Date(9) },
];

const dropped = <M>(filter: Filter<M>) => filter.batch?.(QUAKES as never);

describe('a filter as data', () => {
  test('drops what matches', async () => {
    const wire = new Wire().bring(batch([...QUAKES.map((quake) => inline(quake.mag, quake)), END_OF_STREAM]));
    expect(await collect(new StreamConsumer<number>(wire, { filter: where<Quake>({ mag: { $lt: 2.5 } }) }))).toEqual([2.5, 6]);
  });

  test.each<[object, boolean[]]>([
    [{}, [true, true, true]],
    [{ net: 'us' }, [true, false, true]],
    [{ net: { $ne: 'us' } }, [false, true, false]],
    [{ mag: { $gt: 1, $lte: 2.5 } }, [false, true, false]],
    [{ net: { $in: ['ak', 'ci'] } }, [false, true, false]],
    [{ net: { $nin: ['ak', 'ci'] } }, [true, false, true]],
    [{ tags: 'tsunami' }, [false, false, true]],
    [{ tags: { $all: ['felt', 'tsunami'] } }, [false, false, true]],
    [{ tags: { $size: 1 } }, [false, true, false]],
    [{ tags: { $exists: false } }, [true, false, false]],
    [{ tags: { $elemMatch: { $eq: 'felt' } } }, [false, true, true]],
    [{ mag: { $mod: [2, 0] } }, [false, false, true]],
    [{ mag: { $not: { $lt: 2.5 } } }, [false, true, true]],
    [{ at: { $gte: new Date(9) } }, [false, false, true]],
    [{ $or: [{ mag: { $gte: 6 } }, { net: 'ak' }] }, [false, true, true]],
    [{ $nor: [{ mag: { $gte: 6 } }, { net: 'ak' }] }, [true, false, false]],
    [{ $and: [{ mag: { $gte: 2 } }, { net: 'us' }] }, [false, false, true]],
  ])('understands %o', (query, answers) => {
    expect(dropped(where(query))).toEqual(answers);
  });

  test('finds nothing more, less or equal that is of another kind or missing', () => {
    const queries: readonly object[] = [
      { depth: { $lt: 3 } },
      { depth: { $gte: 3 } },
      { mag: { $lt: 'z' } },
      { net: { $gt: 3 } },
      { mag: '1' },
      { 'place.constructor': { $exists: true } },
    ];
    for (const query of queries) expect(dropped(where(query))).toEqual([false, false, false]);
  });

  test('follows a path', () => {
    expect(where({ 'place.country': 'TW' }).batch?.([{ place: { country: 'TW' } }, { place: null }, {}])).toEqual([true, false, false]);
  });

  test('can be changed while it runs', () => {
    const filter = where<Quake>({ mag: { $lt: 2.5 } });
    filter.update({ mag: { $lt: 4 } });
    expect(dropped(filter)).toEqual([true, true, false]);
    expect(filter.query).toEqual({ mag: { $lt: 4 } });
    expect(explain(filter)).toMatchObject({ filter: 'where', runs: 'page', seen: 3, dropped: 2, parameters: { mag: { $lt: 4 } } });
  });

  test('stays as it is when the change is refused, or what it was made of is changed', () => {
    const query = { mag: { $lt: 2.5 } };
    const filter = where<Quake>(query);
    query.mag.$lt = 7;
    expect(() => filter.update({ mag: { $like: 3 } } as never)).toThrow(TypeError);
    expect(dropped(filter)).toEqual([true, false, false]);
  });

  test('can be combined with others, and changed there', () => {
    const filter = where<Quake>({ mag: { $lt: 2.5 } });
    const combined = any(not(filter), where<Quake>({ net: 'us' }));
    expect(combined.batch?.(QUAKES)).toEqual([true, true, true]);
    filter.update({});
    expect(combined.batch?.(QUAKES)).toEqual([true, false, true]);
  });

  test('never fails, whatever the metadata, and leaves prototypes alone', () => {
    fc.assert(
      fc.property(anyQuery(), fc.array(anyMetadata(), { maxLength: 5 }), (query, metadata) => {
        const gate = countingGate({ filter: where(query, { allowRegex: true }) });
        expect(gate.judge(metadata)).toHaveLength(metadata.length);
        expect(gate.errors).toBe(0);
      }),
      { numRuns: 2000 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

test('a regular expression in the metadata is nothing that anything equals', () => {
  const metadata = [{ net: /u+/ }, { net: [/u+/, 'ak'] }];
  expect(where({ net: 'us' }).batch?.(metadata)).toEqual([false, false]);
  expect(where({ net: { $in: ['ak'] } }).batch?.(metadata)).toEqual([false, true]);
});

describe('a query', () => {
  const nested = (levels: number): object => (levels === 0 ? { a: 1 } : { $and: [nested(levels - 1)] });

  test.each<[string, unknown]>([
    ['that is none', 'mag < 3'],
    ['that is a list', [{ mag: 3 }]],
    ['that is a class of something', new Map()],
    ['with an operator that nobody knows', { mag: { $like: 3 } }],
    ['with a function to run', { $where: () => true }],
    ['with a function to run, in text', { $where: 'true' }],
    ['with a function as a value', { mag: () => 3 }],
    ['with an expression', { $expr: { $gt: ['$a', '$b'] } }],
    ['with a list as a value', { tags: ['felt'] }],
    ['with an object as a value', { place: { country: 'TW' } }],
    ['with fields beside operators', { mag: { $gt: 3, value: 4 } }],
    ['with nothing as a condition', { mag: {} }],
    ['with undefined as a value', { mag: undefined }],
    ['with a field of the prototype', JSON.parse('{ "a.__proto__.b": 1 }')],
    ['with a field that every object inherits', { toString: 1 }],
    ['with an own field of that name', JSON.parse('{ "__proto__": 1 }')],
    ['with no list where one belongs', { $or: { a: 1 } }],
    ['with an empty list where one belongs', { $or: [] }],
    ['with a value that has no order', { mag: { $lt: null } }],
    ['with a size that is none', { tags: { $size: '1' } }],
    ['with a remainder of nothing', { mag: { $mod: [0, 0] } }],
    ['that negates a value', { mag: { $not: 3 } }],
    ['with options for nothing', { mag: { $options: 'i' } }],
    ['with a regular expression', { net: /u/ }],
    ['with a regular expression in a list', { net: { $in: [/u/] } }],
    ['with a regular expression as text', { net: { $regex: 'u' } }],
    ['with a regular expression to negate', { net: { $not: /u/ } }],
    ['that is nested too deep', nested(8)],
    ['that is too large', { mag: { $in: Array(1000).fill(1) } }],
    ['that is too long', { net: 'u'.repeat(70_000) }],
    ['whose names are too long', { ['u'.repeat(70_000)]: 1 }],
  ])('%s is refused', (_, query) => {
    expect(() => where(query as never)).toThrow(TypeError);
  });

  test.each<[string, object]>([
    ['that is nested deep', nested(7)],
    ['that is large', { mag: { $in: Array(900).fill(1) } }],
  ])('%s is taken', (_, query) => {
    expect(dropped(where(query))).toHaveLength(3);
  });

  test('may have regular expressions where that is said', () => {
    for (const net of [/^U/i, { $regex: '^U', $options: 'i' }, { $in: [/^u/] }, { $not: /^a/ }])
      expect(dropped(where({ net } as never, { allowRegex: true }))).toEqual([true, false, true]);
    expect(() => where({ net: { $regex: '(' } }, { allowRegex: true })).toThrow(SyntaxError);
  });

  test('whatever it is, is taken or refused with a TypeError', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, maxDepth: 5 }), (query) => {
        try {
          where(query as never);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
