/** One tab sends, others draw. */
import { expect, test } from '@playwright/test';
import { runProgram } from './support/program.js';

const STRONG = ['Ridgecrest 4.7', 'Anza 2.5', 'Petrolia 6.4', 'Ferndale 3'];

test('what one tab sends is drawn in every other tab, through its filter, until the stream ends', async ({ context }) => {
  const boards = [await runProgram(await context.newPage(), 'board'), await runProgram(await context.newPage(), 'board')];
  const sender = await runProgram(await context.newPage(), 'sender');
  await expect(sender.locator('p')).toHaveText('Sent');
  for (const board of boards) {
    await expect(board.locator('p')).toHaveText('The stream has ended');
    await expect(board.locator('li')).toHaveText(STRONG);
  }
});

test('a board that is opened late draws what comes from then on', async ({ context }) => {
  const early = await runProgram(await context.newPage(), 'board');
  const station = await runProgram(await context.newPage(), 'station');
  await station.evaluate(() => globalThis.station.send([{ place: 'Eureka', mag: 5 }]));
  await expect(early.locator('li')).toHaveText(['Eureka 5']);
  const late = await runProgram(await context.newPage(), 'board');
  await station.evaluate(() => globalThis.station.send([{ place: 'Arcata', mag: 4 }]));
  await station.evaluate(() => globalThis.station.end());
  await expect(late.locator('p')).toHaveText('The stream has ended');
  await expect(late.locator('li')).toHaveText(['Arcata 4']);
  await expect(early.locator('li')).toHaveText(['Eureka 5', 'Arcata 4']);
});

test('a board that is closed in the middle disturbs neither its sender nor the other boards', async ({ context }) => {
  const [closing, staying] = [await runProgram(await context.newPage(), 'board'), await runProgram(await context.newPage(), 'board')];
  const station = await runProgram(await context.newPage(), 'station');
  await station.evaluate(() => globalThis.station.send([{ place: 'Eureka', mag: 5 }]));
  await expect(closing.locator('li')).toHaveText(['Eureka 5']);
  await closing.close();
  await station.evaluate(() => globalThis.station.send([{ place: 'Arcata', mag: 4 }]));
  await station.evaluate(() => globalThis.station.end());
  await expect(staying.locator('li')).toHaveText(['Eureka 5', 'Arcata 4']);
  await expect(staying.locator('p')).toHaveText('The stream has ended');
});

test('thousands of quakes that are sent without waiting are drawn once each, in order', async ({ context }) => {
  const board = await runProgram(await context.newPage(), 'board');
  const station = await runProgram(await context.newPage(), 'station');
  await station.evaluate(() => globalThis.station.send(Array.from({ length: 5000 }, (_, i) => ({ place: `${i}`, mag: 3 }))));
  await station.evaluate(() => globalThis.station.end());
  await expect(board.locator('p')).toHaveText('The stream has ended');
  const drawn = await board.locator('li').allTextContents();
  expect(drawn).toEqual(Array.from({ length: 5000 }, (_, i) => `${i} 3`));
});
