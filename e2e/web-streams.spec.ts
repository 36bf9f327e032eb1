/** A stream is a `ReadableStream`, and another one a `WritableStream`. */
import { expect, test } from '@playwright/test';
import { runProgram } from './support/program.js';

test('a tab pipes one stream through a transform into another, to its end', async ({ context }) => {
  const board = await runProgram(await context.newPage(), 'strong-board');
  const relay = await runProgram(await context.newPage(), 'relay');
  await runProgram(await context.newPage(), 'sender');
  await expect(relay.locator('p')).toHaveText('Relayed to the end');
  await expect(board.locator('p')).toHaveText('The stream has ended');
  await expect(board.locator('li')).toHaveText(['RIDGECREST 4.7', 'PETROLIA 6.4']);
});

test('a pipe that is given up stops with its reason, and ends no stream', async ({ context }) => {
  const board = await runProgram(await context.newPage(), 'strong-board');
  const relay = await runProgram(await context.newPage(), 'relay');
  const station = await runProgram(await context.newPage(), 'station');
  await station.evaluate(() => globalThis.station.send([{ place: 'Eureka', mag: 5 }]));
  await expect(board.locator('li')).toHaveText(['EUREKA 5']);
  await relay.locator('body').dispatchEvent('click');
  await expect(relay.locator('p')).toHaveText('Stopped: given up');
  await station.evaluate(() => globalThis.station.send([{ place: 'Eureka again', mag: 5 }]));
  await station.evaluate(() => globalThis.station.send([{ place: 'At the end', mag: 5 }], 'quakes/strong'));
  await expect(board.locator('li')).toHaveText(['EUREKA 5', 'At the end 5']);
  await expect(board.locator('p')).toHaveCount(0);
});
