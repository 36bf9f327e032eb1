/** The log whose database others delete. */
import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import { runProgram } from './support/program.js';

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
  return runProgram(await context.newPage(), 'log-desk', { log: 'desk' });
}

function store(desk: Page, number: number, bytes: number): Promise<string> {
  return desk.evaluate(([n, size]) => globalThis.desk.store(n, size), [number, bytes] as const);
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
