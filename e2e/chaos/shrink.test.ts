import { expect, test } from 'vitest';
import { drawSchedule, type Schedule, type Step } from './schedule.js';
import { shrink } from './shrink.js';

const crash: Step = { do: 'crash', tab: 1 };
const publish: Step = { do: 'publish', tab: 0, count: 40, bytes: 20, together: true };
const noise: Step[] = [{ do: 'reload', tab: 0 }, { do: 'kill browser' }, { do: 'wait', heard: 'promised', count: 3 }];

test('what is left is what the failure needs', async () => {
  const schedule = withSteps([...noise, publish, ...noise, crash, ...noise]);
  const { steps } = await shrink(schedule, async ({ steps }) => steps.includes(crash) && published(steps) >= 7, 200);
  expect(steps).toEqual([{ ...publish, count: 10 }, crash]);
});

test('a failure that needs nothing shrinks to nothing', async () => {
  expect((await shrink(drawSchedule(5), async () => true, 200)).steps).toEqual([]);
});

test('a schedule that fails only as it is stays as it is', async () => {
  const schedule = drawSchedule(6);
  expect(await shrink(schedule, async () => false, 200)).toEqual(schedule);
});

test('no more schedules are played than allowed', async () => {
  let played = 0;
  await shrink(drawSchedule(7), async () => ++played % 2 === 0, 9);
  expect(played).toBe(9);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('of %i steps each can be the one', async (length) => {
  for (let at = 0; at < length; at++) {
    const steps = Array.from({ length }, (_, i): Step => (i === at ? crash : { do: 'reload', tab: i }));
    const least = await shrink(withSteps(steps), async (candidate) => candidate.steps.includes(crash), 200);
    expect(least.steps).toEqual([crash]);
  }
});

function withSteps(steps: readonly Step[]): Schedule {
  return { ...drawSchedule(1), steps };
}

function published(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + (step.do === 'publish' ? step.count : 0), 0);
}
