/** Tries to lose data, in as many ways as a seed can draw. */
import { writeFile } from 'node:fs/promises';
import type { Violation } from './check.js';
import { play, type Round } from './play.js';
import { describeSchedule, drawSchedule, type Schedule } from './schedule.js';
import { shrink } from './shrink.js';
import { test } from './staging.js';

const first = Number(process.env.CHAOS_SEED ?? 1);
const rounds = Number(process.env.CHAOS_ROUNDS ?? 40);
/** Rounds played to find a shorter schedule. */
const SHRINKING = 15;
const SHOWN = 10;

test.describe.configure({ mode: 'parallel' });

for (let seed = first; seed < first + rounds; seed++) {
  const schedule = drawSchedule(seed);
  test(`nothing is lost in ${schedule.topology} with seed ${seed}`, async ({ staging }, info) => {
    const round = await play(schedule, staging);
    if (round.violations.length === 0) return;
    await writeFile(info.outputPath('history.jsonl'), inLines(round));
    const rules = new Set(round.violations.map(({ rule }) => rule));
    const failsToo = async (candidate: Schedule) => (await play(candidate, staging)).violations.some(({ rule }) => rules.has(rule));
    const shortest = await shrink(schedule, failsToo, SHRINKING);
    throw new Error(
      `${inWords(round.violations)}\n\n${describeSchedule(schedule)}\n\nThe shortest that fails:\n${describeSchedule(shortest)}`,
    );
  });
}

/** One fact in each line, with the millisecond in which it was told. */
function inLines({ history, times }: Round): string {
  return history.map((fact, i) => JSON.stringify({ at: times[i], ...fact })).join('\n');
}

function inWords(violations: readonly Violation[]): string {
  const more = violations.length > SHOWN ? [`and ${violations.length - SHOWN} more`] : [];
  return [...violations.slice(0, SHOWN).map(({ rule, what }) => `${rule}: ${what}`), ...more].join('\n');
}
