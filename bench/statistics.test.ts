import { describe, expect, test } from 'vitest';
import type { Group } from './group.js';
import { chosenRows, contendersOf, judge, median, percentile, rotated, rowName } from './statistics.js';

describe('a median', () => {
  test('is the middle number, in whatever order they come', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  test('is the mean of the middle two of an even count', () => {
    expect(median([4, 1, 3, 100])).toBe(3.5);
  });

  test('is not moved by one round that went wrong', () => {
    expect(median([10, 11, 12, 10_000, 11])).toBe(11);
  });

  test('of nothing is no number', () => {
    expect(median([])).toBeNaN();
  });
});

test('a percentile lies between the two numbers next to it', () => {
  const numbers = Array.from({ length: 101 }, (_, i) => i);
  expect([0, 0.25, 0.99, 1].map((share) => percentile(numbers, share))).toEqual([0, 25, 99, 100]);
  expect(percentile([10, 20], 0.75)).toBe(17.5);
});

test('everyone has every place once, and nobody always follows the same one', () => {
  const turns = [0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''));
  expect(turns).toEqual(['abc', 'bca', 'cab', 'abc']);
  expect(rotated([], 3)).toEqual([]);
});

describe('choosing rows', () => {
  test('takes all of them without names', () => {
    expect(chosenRows(race(), [])).toHaveLength(2);
  });

  test('takes those whose name contains one of the names, whatever their case', () => {
    expect(chosenRows(race(), ['TORTOISE']).map((row) => row.against)).toEqual(['tortoise']);
    expect(chosenRows(race(), ['race'])).toHaveLength(2);
    expect(chosenRows(race(), ['snail', 'tortoise'])).toHaveLength(2);
    expect(chosenRows(race(), ['hound'])).toEqual([]);
  });

  test('leaves out the contenders that no chosen row speaks of', () => {
    expect(contendersOf(race(), chosenRows(race(), ['snail']))).toEqual(['hare', 'snail']);
  });

  test('refuses a row about a contender that does not exist', () => {
    expect(() => contendersOf(race(), [{ against: 'hound' }])).toThrow('race has no contender named hound');
  });

  test('names a row after its group and both contenders', () => {
    expect(rowName(race(), { subject: 'snail', against: 'hare' })).toBe('race: snail / hare');
  });
});

describe('a verdict', () => {
  test('compares the contenders round by round', () => {
    // The machine was three times as slow in the second round, for both.
    const result = judge(race(), { against: 'tortoise', goal: 2 }, { hare: [90, 30, 93], tortoise: [45, 15, 31] }, {});
    expect(result).toMatchObject({ subject: 90, against: 31, ratio: 2, spread: [2, 3], verdict: 'reached' });
  });

  test('is missed below the goal where more is better, and above it where less is', () => {
    const figures = { hare: [10], tortoise: [10] };
    const verdict = (better: 'more' | 'less', goal: number) =>
      judge({ ...race(), better }, { against: 'tortoise', goal }, figures, {}).verdict;
    expect([verdict('more', 1), verdict('more', 1.01)]).toEqual(['reached', 'MISSED']);
    expect([verdict('less', 1), verdict('less', 0.99)]).toEqual(['reached', 'MISSED']);
  });

  test('is not given where there is no goal', () => {
    expect(judge(race(), { against: 'snail' }, { hare: [4], snail: [2] }, {})).toMatchObject({ ratio: 2, verdict: 'no goal' });
  });

  test('says why a row could not be measured', () => {
    const figures = { hare: [1, 2], tortoise: [1] };
    const result = judge(race(), { against: 'tortoise', goal: 2 }, figures, { tortoise: 'fell asleep' });
    expect(result).toMatchObject({ ratio: undefined, verdict: 'NOT MEASURED', error: 'tortoise: fell asleep' });
  });
});

function race(): Group {
  const run = async () => {};
  return {
    name: 'race',
    unit: 'events/s',
    better: 'more',
    events: 1,
    contenders: { hare: run, tortoise: run, snail: run },
    rows: [{ against: 'tortoise' }, { against: 'snail' }],
  };
}
