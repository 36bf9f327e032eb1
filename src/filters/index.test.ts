import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countingGate } from '../fixtures/gate.js';
import { keep, nullFilter, samplingFilter } from './index.js';

test('the null filter drops nothing', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (metadata) => {
      expect(nullFilter(metadata)).toBe(false);
    }),
  );
});

describe('the sampling filter', () => {
  test('drops with its probability', () => {
    const random = seeded();
    for (const probability of [0, 0.1, 0.5, 0.9, 1]) {
      const filter = samplingFilter(probability, random);
      const dropped = Array.from({ length: 10_000 }, () => filter({})).filter(Boolean).length;
      expect(Math.abs(dropped / 10_000 - probability)).toBeLessThan(0.02);
    }
  });

  test('never drops at 0 and always at 1, whatever the random number', () => {
    expect([0, 0.5, 1 - Number.EPSILON].map((random) => samplingFilter(0, () => random)({}))).toEqual([false, false, false]);
    expect([0, 0.5, 1 - Number.EPSILON].map((random) => samplingFilter(1, () => random)({}))).toEqual([true, true, true]);
  });

  test('does not look at the metadata', () => {
    const touchy = new Proxy(
      {},
      {
        get() {
          throw new Error('looked at');
        },
      },
    );
    expect(samplingFilter(0.5, () => 0.1)(touchy)).toBe(true);
  });

  test.each([-0.1, 1.1, Number.NaN, Number.POSITIVE_INFINITY, '0.5x' as never, undefined as never])('refuses %o', (probability) => {
    expect(() => samplingFilter(probability)).toThrow(TypeError);
  });
});

describe('keep', () => {
  test('drops what the predicate says no to', () => {
    const filter = keep(({ mag }) => mag >= 2.5);
    expect([filter({ mag: 3 }), filter({ mag: 2 })]).toEqual([false, true]);
  });

  test('takes a predicate that answers later', async () => {
    const filter = keep(async ({ mag }) => mag >= 2.5);
    expect([await filter({ mag: 3 }), await filter({ mag: 2 })]).toEqual([false, true]);
  });

  test.each([1, 0, 'yes', null, undefined])('makes no answer of %o: the event is kept, and counted', async (answer) => {
    for (const predicate of [() => answer, async () => answer]) {
      const gate = countingGate({ filter: keep(predicate as never) });
      expect(await gate.judge([{}])).toEqual([false]);
      expect(gate.errors).toBe(1);
    }
  });
});

/** Numbers in [0, 1) that are the same in every run (a linear congruential generator). */
function seeded(): () => number {
  const state = Uint32Array.of(1);
  return () => {
    state[0] = Math.imul(state[0] as number, 1_664_525) + 1_013_904_223;
    return (state[0] as number) / 2 ** 32;
  };
}
