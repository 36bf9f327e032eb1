/** The rounds can fail: what would lose data is found to lose it. */
import { expect } from '@playwright/test';
import type { Mutant } from './cast.js';
import { play } from './play.js';
import { drawSchedule, type Step } from './schedule.js';
import { test } from './staging.js';

const publish: Step = { do: 'publish', tab: 2, count: 400, bytes: 20, together: true };
const halfway: Step = { do: 'wait', heard: 'delivered', count: 150 };

const FOUND: readonly (readonly [Mutant, readonly Step[]])[] = [
  ['promises early', [publish, { do: 'wait', heard: 'promised', count: 400 }, { do: 'crash', tab: 2 }]],
  ['acknowledges early', [publish, halfway, halfway, { do: 'crash', tab: 0 }]],
];

for (const [mutant, steps] of FOUND) {
  test(`a log that ${mutant} is found to lose what it promised`, async ({ staging }) => {
    const schedule = { ...drawSchedule(4), topology: 'tabs', steps } as const;
    const { violations } = await play(schedule, { ...staging, mutant, patienceMs: 5000 });
    expect(new Set(violations.map(({ rule }) => rule))).toContain('lost');
  });
}
