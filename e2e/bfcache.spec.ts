/** A page navigates away, and the browser brings it back from its back/forward cache as it was left. */
import { expect, type Page, test } from '@playwright/test';
import { startMosquitto } from './support/index.js';
import { runProgram } from './support/program.js';

test('a board on BroadcastChannel comes back, says that it was away, and goes on', async ({ context }) => {
  const board = await runProgram(await context.newPage(), 'gap-board');
  const station = await runProgram(await context.newPage(), 'station');
  await send(station, 'before');
  await expect(board.locator('li')).toHaveText(['before 3']);

  const back = await leave(board);
  await send(station, 'meanwhile');
  await back();
  await send(station, 'after');
  await expect(board.locator('li')).toHaveText(['before 3', 'after 3']);
  await expect(board.locator('p').first()).toHaveText('gap: suspended');
  await station.evaluate(() => globalThis.station.end());
  await expect(board.getByText('The stream has ended')).toBeVisible();
});

test('a station on BroadcastChannel comes back, and goes on with its stream', async ({ context }) => {
  const board = await runProgram(await context.newPage(), 'board');
  const station = await runProgram(await context.newPage(), 'station');
  await send(station, 'before');
  const back = await leave(station);
  await back();
  await send(station, 'after');
  await station.evaluate(() => globalThis.station.end());
  await expect(board.locator('li')).toHaveText(['before 3', 'after 3']);
  await expect(board.getByText('The stream has ended')).toBeVisible();
});

test('a board on MQTT comes back, connects again, and draws what was published meanwhile', async ({ context }) => {
  await using broker = await startMosquitto();
  const url = broker.wsUrl;
  const board = await runProgram(await context.newPage(), 'mqtt-board', { url });
  await expect(board.getByText('listening')).toBeVisible();
  const station = await runProgram(await context.newPage(), 'station', { url });
  await send(station, 'before');
  await expect(board.locator('li')).toHaveText(['before 3']);

  const back = await leave(board);
  await send(station, 'meanwhile');
  await back();
  await send(station, 'after');
  await station.evaluate(() => globalThis.station.end());
  await expect(board.locator('li')).toHaveText(['before 3', 'meanwhile 3', 'after 3']);
  await expect(board.getByText('The stream has ended')).toBeVisible();
  await expect(board.getByText('connected', { exact: true })).toHaveCount(2);
  await expect(board.getByText('gap')).toHaveCount(0);
});

test('a station on MQTT comes back, connects again, and goes on with its stream', async ({ context }) => {
  await using broker = await startMosquitto();
  const url = broker.wsUrl;
  const board = await runProgram(await context.newPage(), 'mqtt-board', { url });
  await expect(board.getByText('listening')).toBeVisible();
  const station = await runProgram(await context.newPage(), 'station', { url });
  await send(station, 'before');
  const back = await leave(station);
  await back();
  await send(station, 'after');
  await station.evaluate(() => globalThis.station.end());
  await expect(board.locator('li')).toHaveText(['before 3', 'after 3']);
  await expect(board.getByText('The stream has ended')).toBeVisible();
});

async function send(station: Page, place: string): Promise<void> {
  await station.evaluate((place) => globalThis.station.send([{ place, mag: 3 }]), place);
}

/** Goes to another page. The function returned comes back, and makes sure that it is the same page that comes. */
async function leave(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => {
    addEventListener('pageshow', ({ persisted }) => {
      document.title = persisted ? 'restored' : 'loaded anew';
    });
  });
  await page.goto('/stage?elsewhere');
  return async () => {
    await page.goBack({ waitUntil: 'commit' });
    await expect(page).toHaveTitle('restored');
  };
}
