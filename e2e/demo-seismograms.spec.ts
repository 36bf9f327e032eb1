/** Pictures by reference, as a visitor meets them: announced to every board, moved to whoever opens one. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { openBoard, openReplay, play, type Tab, tabTo } from './demo-tabs.js';

const megabytes = async ({ figure }: Tab, name: string) => Number.parseFloat(await figure(name).innerText());
const buttons = ({ page }: Tab) => page.locator('#seismograms button');
const picture = ({ page }: Tab) => page.getByRole('img', { name: /^Seismogram in three components: M \d/ });

for (const wire of ['tabs', 'mqtt'] as const) {
  test(`over ${wire} a board is told of every picture and fetches the one that is opened`, async ({ context }) => {
    const [board, other, replay] = [
      await openBoard(context, `wire=${wire}`),
      await openBoard(context, `wire=${wire}`),
      await openReplay(context, `wire=${wire}`),
    ];
    const fetched: string[] = [];
    for (const { page } of [board, other])
      page.on('request', (request) => request.method() === 'GET' && request.url().includes('/objects/') && fetched.push(request.url()));
    await play(replay, 'Week in 10 s');
    await expect.poll(() => megabytes(board, 'announced')).toBeGreaterThan(2);
    expect(await megabytes(board, 'moved')).toBe(0);
    expect(fetched).toEqual([]);
    await replay.page.close(); // no more of them, however quickly it plays

    await buttons(board).last().click();

    await expect(picture(board)).toBeVisible();
    const width = await picture(board).evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth));
    expect(width).toBeGreaterThan(800);
    const size = Number.parseFloat(await buttons(board).last().locator('small').innerText());
    expect(size).toBeGreaterThanOrEqual(0.2);
    expect(size).toBeLessThanOrEqual(2);
    await expect.poll(() => megabytes(board, 'moved')).toBeCloseTo(size, 1);
    expect(await megabytes(other, 'moved')).toBe(0);
    expect(fetched).toHaveLength(wire === 'mqtt' ? 1 : 0);
  });
}

test('a picture that is gone is told of in words', async ({ context }) => {
  const [board, replay] = [await openBoard(context), await openReplay(context)];
  await play(replay, 'Week in 10 s');
  await expect(buttons(board).first()).toBeVisible({ timeout: 20_000 });
  await replay.page.close();
  await board.page.evaluate(
    () =>
      new Promise((resolve) => {
        indexedDB.deleteDatabase('proxystream:seismograms').onsuccess = resolve;
      }),
  );
  await buttons(board).first().click();
  await expect(board.page.locator('#seismogram-words')).toContainText('it cannot be had');
});

test('pictures are opened by the keyboard, on a phone, and axe finds nothing wrong with them', async ({ browser, baseURL }) => {
  await using context = await browser.newContext({
    viewport: { width: 360, height: 740 },
    colorScheme: 'dark',
    ...(baseURL && { baseURL }),
  });
  const [board, replay] = [await openBoard(context), await openReplay(context)];
  await play(replay, 'Week in 10 s');
  await expect(buttons(board).first()).toBeVisible({ timeout: 20_000 });
  await replay.page.close();
  await tabTo(board.page, buttons(board).first());
  await board.page.keyboard.press('Enter');
  await expect(picture(board)).toBeVisible();
  const [content, room] = await board.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
  expect(content).toBeLessThanOrEqual(room);
  expect((await new AxeBuilder({ page: board.page }).analyze()).violations).toEqual([]);
  await board.page.screenshot({ path: 'test-results/seismogram-phone-dark.png', fullPage: true });
});
