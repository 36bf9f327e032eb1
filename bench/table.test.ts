import { expect, test } from 'vitest';
import type { Result } from './statistics.js';
import { summary, table } from './table.js';

test('a table has the ratio to reach beside each ratio', () => {
  expect(table([reached, missed, unmeasured, informal])).toBe(
    [
      '                              ours           theirs  ratio     rounds  to reach',
      'cross-tab: a / b  240,000 events/s  32,000 events/s   7.5×    7×–8.1×      ≥ 4×  reached',
      'latency: a / b                3 ms           1.5 ms     2×  1.9×–2.1×    ≤ 1.5×  MISSED',
      'log: a / b                       –                –                        ≥ 4×  NOT MEASURED',
      'codec: a / b      240,000 events/s  32,000 events/s   7.5×    7×–8.1×',
      '',
      'log: a / b',
      '  b: no outcome within 90 s',
    ].join('\n'),
  );
});

test('a summary names what was missed and what was not measured', () => {
  expect(summary([reached, missed, unmeasured, informal]).split('\n')).toEqual([
    '1 ratios reached, 1 missed, 1 not measured',
    'Missed:',
    '  latency: a / b',
    'Not measured:',
    '  log: a / b',
  ]);
});

const reached: Result = {
  name: 'cross-tab: a / b',
  unit: 'events/s',
  subject: 240_000,
  against: 32_000,
  ratio: 7.5,
  spread: [7, 8.1],
  better: 'more',
  goal: 4,
  verdict: 'reached',
};

const missed: Result = {
  name: 'latency: a / b',
  unit: 'ms',
  subject: 3,
  against: 1.5,
  ratio: 2,
  spread: [1.9, 2.1],
  better: 'less',
  goal: 1.5,
  verdict: 'MISSED',
};

const nothing = { subject: undefined, against: undefined, ratio: undefined, spread: undefined };
const unmeasured: Result = { ...reached, ...nothing, name: 'log: a / b', verdict: 'NOT MEASURED', error: 'b: no outcome within 90 s' };
const informal: Result = { ...reached, name: 'codec: a / b', goal: undefined, verdict: 'no goal' };
