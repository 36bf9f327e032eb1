/** A broker dies and comes back. */
import { expect, type Page, test } from '@playwright/test';
import { startFaultProxy, startMosquitto } from './support/index.js';
import { runProgram } from './support/program.js';

/** Sessions outlive the broker. */
const SESSIONS_ON_DISK = { persistence: true };

test('everything promised is drawn once, in order, when the broker is killed and comes back', async ({ context }) => {
  await using broker = await startMosquitto(SESSIONS_ON_DISK);
  const { board, station } = await openTabs(await context.newPage(), await context.newPage(), broker.wsUrl);
  await station.evaluate(() => globalThis.station.send([{ place: 'before', mag: 1 }]));
  await expect(board.locator('li')).toHaveText(['before 1']);

  await broker.kill();
  await expect(board.locator('p').last()).toHaveText(/waiting|connecting/);
  const promised = station.evaluate(async () => {
    for (let i = 0; i < 200; i++) await globalThis.station.send([{ place: `meanwhile-${i}`, mag: 1 }]);
  });
  await broker.restart();
  await promised;
  await station.evaluate(() => globalThis.station.end());

  await expect(board.getByText('The stream has ended')).toBeVisible();
  const drawn = await board.locator('li').allTextContents();
  expect(drawn).toEqual(['before 1', ...Array.from({ length: 200 }, (_, i) => `meanwhile-${i} 1`)]);
  const states = await board.locator('p').allTextContents();
  expect(states.filter((state) => state === 'connected')).toHaveLength(2);
  expect(states.filter((state) => state.startsWith('gap'))).toEqual([]);
});

test('everything promised is drawn once, in order, when connections break in the middle of packets', async ({ context }) => {
  await using broker = await startMosquitto(SESSIONS_ON_DISK);
  await using proxy = await startFaultProxy(broker.wsUrl);
  const { board, station } = await openTabs(await context.newPage(), await context.newPage(), proxy.url);
  const sending = station.evaluate(async () => {
    for (let i = 0; i < 100; i++) await globalThis.station.send(Array.from({ length: 10 }, (_, k) => ({ place: `${i * 10 + k}`, mag: 1 })));
  });
  for (const direction of ['down', 'up', 'down'] as const) {
    const { accepted } = proxy.counts();
    await proxy.set({ kind: 'cut', afterBytes: 1501, direction });
    await expect.poll(() => proxy.counts().accepted).toBeGreaterThan(accepted);
    await proxy.set({ kind: 'pass' });
  }
  await sending;
  await station.evaluate(() => globalThis.station.end());
  await expect(board.getByText('The stream has ended')).toBeVisible();
  const drawn = await board.locator('li').allTextContents();
  expect(drawn).toEqual(Array.from({ length: 1000 }, (_, i) => `${i} 1`));
});

async function openTabs(boardPage: Page, stationPage: Page, url: string) {
  const board = await runProgram(boardPage, 'mqtt-board', { url });
  await expect(board.getByText('listening')).toBeVisible();
  return { board, station: await runProgram(stationPage, 'station', { url }) };
}
