/** The demo's tabs as a visitor handles them. */
import { type BrowserContext, expect, type FrameLocator, type Locator, type Page } from '@playwright/test';

export interface Tab {
  readonly page: Page;
  readonly news: Locator;
  readonly connection: Locator;
  figure(name: string): Locator;
  count(name: string): Promise<number>;
}

export async function open(context: BrowserContext, address: string): Promise<Tab> {
  const page = await context.newPage();
  await page.goto(address);
  const figure = (name: string) => page.locator(`#${name}`);
  return {
    page,
    news: page.getByRole('status'),
    connection: page.locator('#connection'),
    figure,
    count: async (name) => Number((await figure(name).innerText()).replaceAll(',', '')),
  };
}

export async function openBoard(context: BrowserContext, query = ''): Promise<Tab> {
  const board = await open(context, `/board.html?${query}`);
  await expect(board.news).toHaveText('Listening.');
  return board;
}

export async function openReplay(context: BrowserContext, query = ''): Promise<Tab> {
  const replay = await open(context, `/replay.html?${query}`);
  await expect(replay.page.getByRole('button', { name: 'Start', exact: true })).toBeEnabled();
  return replay;
}

export async function play({ page }: Tab, speed: string): Promise<void> {
  await page.getByLabel(speed).check();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
}

/** Whether anything is drawn on the map's canvas of this number: 1 has the dots, 2 the waves. */
export function inked({ page }: Tab, layer: 1 | 2): Promise<boolean> {
  return page
    .locator('#map canvas')
    .nth(layer)
    .evaluate((canvas: HTMLCanvasElement) => {
      const image = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height);
      return image !== undefined && new Uint32Array(image.data.buffer).some((pixel) => pixel !== 0);
    });
}

/** A little of a week, cut short. */
export async function showAnEnd(board: Tab): Promise<void> {
  const replay = await openReplay(board.page.context());
  await play(replay, 'Week in 10 s');
  await expect.poll(() => board.count('drawn')).toBeGreaterThan(50);
  await replay.page.close({ runBeforeUnload: true });
  await expect(board.news).toContainText('End of stream.');
}

export function boardIn(page: Page): FrameLocator {
  return page.frameLocator('iframe[title="Board"]');
}

/** Presses Tab until `target` has the focus. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(async () => {
    await page.keyboard.press('Tab');
    await expect(target).toBeFocused({ timeout: 1 });
  }).toPass();
}
