import { describe, expect, test } from 'vitest';
import { describeSchedule, drawSchedule, TABS, type Topology, troublesOf } from './schedule.js';

const FORTY = Array.from({ length: 40 }, (_, seed) => drawSchedule(seed + 1));

test('a seed draws the same schedule every time, and its neighbour another', () => {
  expect(drawSchedule(7)).toEqual(drawSchedule(7));
  expect(drawSchedule(7).steps).not.toEqual(drawSchedule(8).steps);
});

test.each<Topology>(['tabs', 'outbox', 'inbox', 'chain'])('forty seeds in a row try %s ten times', (topology) => {
  expect(FORTY.filter((schedule) => schedule.topology === topology)).toHaveLength(10);
});

test('forty seeds in a row meet every trouble', () => {
  const met = new Set(FORTY.flatMap(({ steps }) => steps.map((step) => (step.do === 'link' ? step.fault.kind : step.do))));
  const all = [
    'crash',
    'close',
    'reload',
    'leave',
    'freeze',
    'stop reading',
    'kill browser',
    'clear database',
    'limit quota',
    'kill broker',
  ];
  expect([...met]).toEqual(expect.arrayContaining([...all, 'reset', 'refuse', 'black-hole', 'cut']));
});

test('forty seeds in a row kill brokers with and without a disk', () => {
  const killed = FORTY.filter(({ steps }) => steps.some((step) => step.do === 'kill broker'));
  expect(new Set(killed.map(({ brokerDisk }) => brokerDisk))).toEqual(new Set([true, false]));
});

test('tabs alone have no trouble with a wire', () => {
  expect(troublesOf('tabs')).toEqual(['crash', 'close', 'reload', 'leave', 'freeze', 'rest', 'kill browser', 'clear database', 'quota']);
});

test('every tab publishes before anything goes wrong', () => {
  for (const { steps } of FORTY) expect(steps.slice(0, TABS).map((step) => step.do)).toEqual(Array(TABS).fill('publish'));
});

describe('a schedule in words', () => {
  test('has a line for each step', () => {
    const schedule = { ...drawSchedule(1), steps: [{ do: 'crash', tab: 2 }, { do: 'kill browser' }] } as const;
    expect(describeSchedule(schedule).split('\n').slice(1)).toEqual(['  crash {"tab":2}', '  kill browser']);
  });
});
