/** Tries to lose data, in as many ways as a seed can draw. */
import { writeFile } from 'node:fs/promises';
import { expect, test as base } from '@playwright/test';
import { type OwnBrowser, startOwnBrowser } from './own-browser.js';
import { play } from './play.js';
import { describeSchedule, drawSchedule } from './schedule.js';

const test = base.extend<object, { ownBrowser: OwnBrowser }>({
  ownBrowser: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants its fixtures by destructuring
    async ({}, use) => {
      await using browser = await startOwnBrowser();
      await use(browser);
    },
    { scope: 'worker' },
  ],
});

const first = Number(process.env.CHAOS_SEED ?? 1);
const rounds = Number(process.env.CHAOS_ROUNDS ?? 40);

for (let seed = first; seed < first + rounds; seed++) {
  const schedule = drawSchedule(seed);
  test(`nothing is lost in ${schedule.topology} with seed ${seed}`, async ({ ownBrowser, baseURL }, info) => {
    const { violations, history } = await play(schedule, { browser: ownBrowser, server: baseURL ?? '' });
    if (violations.length > 0) await writeFile(info.outputPath('history.jsonl'), history.map((fact) => JSON.stringify(fact)).join('\n'));
    expect(violations.slice(0, 20).map(({ rule, what }) => `${rule}: ${what}`), describeSchedule(schedule)).toEqual([]);
  });
}
