/** Nothing lost, as a visitor sees it: the connection really goes, the reader really is closed, and every report arrives. */
import { AxeBuilder } from '@axe-core/playwright';
import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import { tabTo } from './demo-tabs.js';

interface Desk {
  readonly page: Page;
  /** The sockets to the broker that are open. */
  readonly sockets: Set<unknown>;
}

const reader = ({ page }: Desk) => page.frameLocator('iframe[title="Reader"]');
const send = ({ page }: Desk, amount: string) => page.getByRole('button', { name: `Send ${amount}`, exact: true }).click();
const offline = ({ page }: Desk) => page.getByRole('switch', { name: 'Offline' });
const backlog = ({ page }: Desk) => page.locator('#backlog');

async function openDesk(context: BrowserContext, query = ''): Promise<Desk> {
  const page = await context.newPage();
  const sockets = new Set<unknown>();
  page.on('websocket', (socket) => {
    if (!socket.url().includes('/mqtt')) return;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await page.goto(`/offline.html?${query}`);
  await expect(page.getByRole('status')).toHaveText('Ready: everything sent is stored.');
  await expect(page.locator('#connection')).toHaveText('Connected, MQTT 3.1.1');
  return { page, sockets };
}

/** Reads as text what the figures say. */
async function expectRead(within: Page | ReturnType<typeof reader>, read: string): Promise<void> {
  await expect(within.locator('#read')).toHaveText(read);
  await expect(within.locator('#missing')).toHaveText('0');
  await expect(within.locator('#again')).toHaveText('0');
}

test('the story: offline and with the reader closed everything is kept, across a reload too, and all of it arrives once and in order', async ({
  context,
}) => {
  const desk = await openDesk(context);
  const { page, sockets } = desk;
  const step = (name: string) => expect(page.locator(`#step-${name}`)).toHaveAttribute('data-step', 'done');
  await send(desk, '1');
  await expectRead(reader(desk), '1');

  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await step('close');
  await offline(desk).click();
  await expect(page.getByRole('status')).toHaveText('The broker is out of reach. It is tried again until it is back.');
  await expect.poll(() => sockets.size).toBe(0); // the page speaks of the first of its two connections that is gone
  await step('offline');
  await send(desk, '100');
  await expect(backlog(desk)).toHaveText('100');
  await step('send');

  await offline(desk).click();
  await expect(backlog(desk)).toHaveText('0');
  await expect(page.locator('#backlog-words')).toHaveText(/^100 have left/);
  await expect(page.locator('#lag')).toHaveText('100');
  await step('online');
  await page.getByRole('button', { name: 'Open again' }).click();
  await expectRead(reader(desk), '101');
  await expect(reader(desk).getByRole('status')).toHaveText('100 came while this reader was closed.');
  await step('open');
  await expect(page.getByText('All of them, in order.')).toBeVisible();
});

test('what waits offline is there after a reload, and so is the switch', async ({ context }) => {
  const desk = await openDesk(context);
  const { page } = desk;
  await offline(desk).click();
  await expect(page.getByRole('status')).toContainText('out of reach');
  await send(desk, '100');
  await expect(backlog(desk)).toHaveText('100');

  await page.reload();

  await expect(offline(desk)).toBeChecked();
  await expect(backlog(desk)).toHaveText('100');
  await expect(page.locator('#backlog-words')).toHaveText('Stored here until there is a connection.');
  await offline(desk).click();
  await expectRead(reader(desk), '100');
});

test('a backlog is seen to drain', async ({ context }) => {
  const desk = await openDesk(context);
  const { page } = desk;
  await offline(desk).click();
  await expect(page.getByRole('status')).toContainText('out of reach');
  await send(desk, '1,000');
  await expect(backlog(desk)).toHaveText('1,000');
  const values = page.evaluate(
    () =>
      new Promise<number[]>((resolve) => {
        const bar = document.querySelector('#drained') as HTMLProgressElement;
        const seen: number[] = [];
        new MutationObserver(() => {
          seen.push(bar.value / bar.max);
          if (document.querySelector('#backlog')?.textContent === '0') resolve(seen);
        }).observe(document.querySelector('#backlog') as Element, { childList: true, characterData: true, subtree: true });
      }),
  );

  await offline(desk).click();

  const parts = new Set((await values).slice(0, -1));
  expect(parts.size).toBeGreaterThan(3);
  expect([...parts].every((part, i, all) => part >= (all[i - 1] ?? 0))).toBe(true);
  await expect(page.locator('#backlog-words')).toHaveText(/^1,000 have left in [\d.]+ s\.$/);
  await expectRead(reader(desk), '1,000');
});

test('the reader in a tab of its own is closed and opened again', async ({ context }) => {
  const desk = await openDesk(context);
  const { page } = desk;
  const openTab = async () => {
    const [tab] = await Promise.all([context.waitForEvent('page'), page.getByRole('link', { name: 'In its own tab' }).click()]);
    await expect(tab.getByRole('status')).not.toHaveText(/Opening|next in line/);
    return tab;
  };
  const first = await openTab();
  await expect(page.locator('#reader-words')).toContainText('open in a tab of its own');
  await send(desk, '1');
  await expectRead(first, '1');

  await first.close();
  await expect(page.locator('#reader-words')).toHaveText('The reader is closed.');
  await send(desk, '100');
  await expect(page.locator('#lag')).toHaveText('100');

  const second = await openTab();
  await expectRead(second, '101');
  await expect(second.getByRole('status')).toHaveText('100 came while this reader was closed.');
  expect(desk.sockets.size).toBe(2); // that of the outbox and that of the inbox: the reader's tab has none
});

test('the inspector opens on a key and on its button, and shows the lines, their leader and the cursor', async ({ context }) => {
  const desk = await openDesk(context);
  const { page } = desk;
  await send(desk, '1');
  await expectRead(reader(desk), '1');
  const inspector = page.getByRole('complementary', { name: 'Inside the log' });

  await page.keyboard.press('Alt+i');
  await expect(inspector).toBeFocused();
  await expect(inspector.getByRole('row', { name: /^In: reports/ })).toContainText('this tab receives');
  await expect(inspector.getByRole('row', { name: /^Out: outbox/ })).toContainText('this tab sends');
  await expect(inspector.getByRole('row', { name: /^reader/ })).toHaveText('reader10');
  await expect(inspector).toContainText('0, and 0 refused for good');
  await expect(inspector).toContainText('of 64.0 MB, in IndexedDB');
  await page.keyboard.press('Escape');
  await expect(inspector).toBeHidden();

  await page.getByRole('button', { name: 'Look inside' }).click();
  await expect(inspector).toBeVisible();
  await inspector.getByRole('button', { name: 'Close the inspector' }).click();
  await expect(inspector).toBeHidden();
  await expect(page.getByRole('button', { name: 'Look inside' })).toBeFocused();
});

test('the story is told with the keyboard alone', async ({ context }) => {
  const desk = await openDesk(context);
  const { page } = desk;
  await tabTo(page, offline(desk));
  await page.keyboard.press('Space');
  await expect(offline(desk)).toBeChecked();
  await tabTo(page, page.getByRole('button', { name: 'Send 100' }));
  await page.keyboard.press('Enter');
  await expect(backlog(desk)).toHaveText('100');
  await tabTo(page, offline(desk));
  await page.keyboard.press('Space');
  await expectRead(reader(desk), '100');
});

test('a broker that is not the demo’s own cannot be cut off, and the page says so', async ({ context, baseURL }) => {
  const address = `${baseURL?.replace('http', 'ws')}mqtt`;
  const desk = await openDesk(context, `broker=${encodeURIComponent(address)}`);
  await expect(offline(desk)).toBeDisabled();
  await expect(desk.page.locator('#offline-words')).toContainText("Only the demo's own broker can be cut off");
  await send(desk, '1');
  await expectRead(reader(desk), '1');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`it fits a phone, and axe finds nothing wrong, in the ${colorScheme}`, async ({ browser, baseURL }) => {
    await using context = await browser.newContext({ colorScheme, viewport: { width: 390, height: 800 }, ...(baseURL && { baseURL }) });
    const desk = await openDesk(context);
    await send(desk, '1');
    await expectRead(reader(desk), '1');
    const check = async () => {
      const [content, room] = await desk.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
      expect(content).toBeLessThanOrEqual(room);
      expect((await new AxeBuilder({ page: desk.page }).analyze()).violations).toEqual([]);
    };
    await check();
    await desk.page.getByRole('button', { name: 'Look inside' }).click();
    await expect(desk.page.getByRole('row', { name: /^reader/ })).toBeVisible();
    await check();
  });
}
