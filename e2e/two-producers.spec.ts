/** Two tabs send on one topic. */
import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import { runProgram } from './support/program.js';

const PLACES = Array.from({ length: 300 }, (_, i) => i);

test('a board draws the streams of two tabs, each in order, until both have ended', async ({ context }) => {
  const board = await runProgram(await context.newPage(), 'all-board', { end: '2' });
  const [north, south] = await stations(context);
  await Promise.all([send(north, 'north'), send(south, 'south')]);
  await north.evaluate(() => globalThis.station.end());
  await send(south, 'later');
  await south.evaluate(() => globalThis.station.end());
  await expect(board.locator('p')).toHaveText('The stream has ended');
  const drawn = await board.locator('li').allTextContents();
  const expected = (who: string) => PLACES.map((i) => `${who}-${i} 3`);
  expect(drawn).toHaveLength(3 * PLACES.length);
  expect(drawn.filter((line) => line.startsWith('north'))).toEqual(expected('north'));
  expect(drawn.filter((line) => !line.startsWith('north'))).toEqual([...expected('south'), ...expected('later')]);
});

test("a board that waits for 'all' ends with the last of the tabs it has seen", async ({ context }) => {
  const board = await runProgram(await context.newPage(), 'all-board', { end: 'all' });
  const [north, south] = await stations(context);
  await north.evaluate(() => globalThis.station.send([{ place: 'north', mag: 3 }], 'quakes/north'));
  await south.evaluate(() => globalThis.station.send([{ place: 'south', mag: 3 }], 'quakes/south'));
  await expect(board.locator('li')).toHaveText(['north 3', 'south 3']);
  await north.evaluate(() => globalThis.station.end('quakes/north'));
  await south.evaluate(() => globalThis.station.send([{ place: 'still south', mag: 3 }], 'quakes/south'));
  await expect(board.locator('li')).toHaveText(['north 3', 'south 3', 'still south 3']);
  await south.evaluate(() => globalThis.station.end('quakes/south'));
  await expect(board.locator('p')).toHaveText('The stream has ended');
});

async function stations(context: BrowserContext): Promise<[Page, Page]> {
  return [await runProgram(await context.newPage(), 'station'), await runProgram(await context.newPage(), 'station')];
}

async function send(station: Page, who: string): Promise<void> {
  const quakes = PLACES.map((i) => ({ place: `${who}-${i}`, mag: 3 }));
  await station.evaluate((quakes) => globalThis.station.send(quakes), quakes);
}
