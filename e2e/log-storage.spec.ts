/** The log on a disk that fills up, and whose database others delete. */
import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import type { Reader } from './pages/log-desk.js';
import { runProgram } from './support/program.js';
import { openStage } from './support/stage.js';

const MIB = 2 ** 20;

test('a log whose disk is full says so, loses nothing of what it has, and goes on without a reload once there is room', async ({
  context,
}) => {
  const page = await openStage(await context.newPage());
  const limit = await diskOf(page);
  await limit(4 * MIB);
  const desk = await runDesk(page);
  const outcomes: string[] = [];
  for (let n = 0; n < 100 && outcomes.at(-1) !== 'quota_exceeded'; n++) outcomes.push(await store(desk, n, MIB / 4));
  const kept = numbers(outcomes.length - 1);
  expect(outcomes).toEqual([...kept.map(() => 'stored'), 'quota_exceeded']);
  expect(kept.length).toBeGreaterThan(4);
  expect(await store(desk, -1, MIB / 4)).toBe('quota_exceeded');
  expect(await status(desk)).toMatchObject({ quotaExceeded: true, end: kept.length });
  // What is there can be read meanwhile.
  expect(await read(desk, kept.length, { from: 'start' })).toEqual(kept);

  await limit();
  expect(await store(desk, 1000, MIB / 4)).toBe('stored');
  expect(await status(desk)).toMatchObject({ quotaExceeded: false, end: kept.length + 1 });
  expect(await read(desk, kept.length + 1, { name: 'board' })).toEqual([...kept, 1000]);
  expect(await read(await openDesk(context), kept.length + 1, { name: 'another' })).toEqual([...kept, 1000]);
});

test('a database that another page deletes goes at once, and both pages go on with a new one, and say what happened', async ({
  context,
}) => {
  const [one, other] = [await openDesk(context), await openDesk(context)];
  for (const desk of [one, other]) await desk.evaluate(() => globalThis.desk.follow());
  expect(await store(one, 1, 10)).toBe('stored');
  for (const desk of [one, other]) await expect.poll(() => heard(desk)).toEqual([1]);
  expect(await other.evaluate(() => globalThis.desk.removeDatabase())).toBe('removed');
  expect(await store(one, 2, 10)).toBe('stored');
  for (const desk of [one, other]) await expect.poll(() => heard(desk)).toEqual([1, 'data_lost', 2]);
  expect((await status(one)).epoch).toBe((await status(other)).epoch);
});

test("a site's data that the user clears takes the log along, and it goes on as a new one, and says so", async ({ context }) => {
  const desk = await openDesk(context);
  await desk.evaluate(() => globalThis.desk.follow());
  expect(await store(desk, 1, 10)).toBe('stored');
  await expect.poll(() => heard(desk)).toEqual([1]);
  await clearData(desk);
  expect(await store(desk, 2, 10)).toBe('stored');
  await expect.poll(() => heard(desk)).toEqual([1, 'data_lost', 2]);
  expect((await status(desk)).losses).toBe(1);
});

async function openDesk(context: BrowserContext): Promise<Page> {
  return runDesk(await context.newPage());
}

async function runDesk(page: Page): Promise<Page> {
  const desk = await runProgram(page, 'log-desk', { log: 'desk' });
  // A module that awaits has loaded before it is done.
  await desk.waitForFunction(() => globalThis.desk !== undefined);
  return desk;
}

/** Says how much the browser lets this origin store, or that it is its own affair again. Before anything is opened: a full disk is not looked at twice. */
async function diskOf(page: Page): Promise<(bytes?: number) => Promise<void>> {
  const devtools = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  return async (bytes) => {
    await devtools.send('Storage.overrideQuotaForOrigin', { origin, ...(bytes !== undefined && { quotaSize: bytes }) });
  };
}

function store(desk: Page, number: number, bytes: number): Promise<string> {
  return desk.evaluate(([n, size]) => globalThis.desk.store(n, size), [number, bytes] as const);
}

function read(desk: Page, count: number, reader: Reader): Promise<(number | string)[]> {
  return desk.evaluate(([many, as]) => globalThis.desk.read(many, as), [count, reader] as const);
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

function heard(desk: Page): Promise<(number | string)[]> {
  return desk.evaluate(() => globalThis.desk.heard);
}

function status(desk: Page) {
  return desk.evaluate(() => globalThis.desk.status());
}

/** As the user does it in the settings. */
async function clearData(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Storage.clearDataForOrigin', { origin: new URL(page.url()).origin, storageTypes: 'indexeddb' });
}
