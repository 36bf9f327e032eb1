/** The demo, as a visitor meets it: a replay in one tab, boards in others, on either wire. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { boardIn, inked, open, openBoard, openReplay, play, showAnEnd, tabTo } from './demo-tabs.js';
import { startAedes } from './support/index.js';

const WEEK = 1679;
const STRONGER_THAN_6 = 5;

test('a replay reaches two boards in other tabs, each with a filter of its own, and ends on both', async ({ context }) => {
  const [all, strong, replay] = [await openBoard(context), await openBoard(context), await openReplay(context)];
  await all.page.getByLabel('Magnitude').press('Home');
  await strong.page.getByLabel('Magnitude').press('End');

  await play(replay, 'Week in 10 s');

  await expect(all.news).toHaveText(`End of stream. ${WEEK.toLocaleString('en')} drawn, 0 dropped by the filter.`);
  await expect(strong.news).toHaveText(
    `End of stream. ${STRONGER_THAN_6} drawn, ${(WEEK - STRONGER_THAN_6).toLocaleString('en')} dropped by the filter.`,
  );
  await expect(replay.news).toHaveText('End of stream. Every board has been told.');
  await expect(strong.page.locator('#strongest li')).toHaveCount(STRONGER_THAN_6);
  await expect(strong.page.locator('#strongest li').first()).toContainText('Hualian, Taiwan');
  await expect.poll(() => replay.count('sent')).toBe(WEEK);
});

test('over MQTT the same, through the broker inside the server', async ({ context }) => {
  const [one, two, replay] = [
    await openBoard(context, 'wire=mqtt'),
    await openBoard(context, 'wire=mqtt'),
    await openReplay(context, 'wire=mqtt'),
  ];
  await expect(one.connection).toHaveText('Connected, MQTT 3.1.1');
  await one.page.getByLabel('Magnitude').press('Home');

  await play(replay, 'Week in 10 s');

  await expect(one.news).toHaveText(`End of stream. ${WEEK.toLocaleString('en')} drawn, 0 dropped by the filter.`);
  await expect(two.news).toContainText('End of stream.');
  expect((await two.count('drawn')) + (await two.count('dropped'))).toBe(WEEK);
});

test('flat out repeats the week, and a board keeps up', async ({ context }) => {
  const [board, replay] = [await openBoard(context), await openReplay(context)];

  await play(replay, 'Flat out');

  await expect(board.news).toContainText('End of stream.');
  await expect.poll(async () => (await board.count('drawn')) + (await board.count('dropped'))).toBe(60 * WEEK);
  expect(await replay.count('messages')).toBeLessThan(30 * WEEK);
});

test('the map, the meters and the description of the map follow the stream', async ({ context }) => {
  const [board, replay] = [await openBoard(context), await openReplay(context)];
  expect(await inked(board, 1)).toBe(false);

  await play(replay, '6 hours/s');

  await expect(board.news).toHaveText('Earthquakes are coming in.');
  await expect(board.figure('rate')).not.toHaveText('0');
  await expect(board.figure('p50')).toHaveText(/^[\d.]+ m?s$/);
  await expect(board.figure('p99')).toHaveText(/^[\d.]+ m?s$/);
  await expect(board.page.getByRole('img', { name: /^World map with [1-9]\d* earthquakes\. Strongest: M \d/ })).toBeVisible();
  expect(await inked(board, 1)).toBe(true);
  await expect.poll(() => inked(board, 2)).toBe(true);
});

test('a paused replay goes on where it stopped; restarting ends its stream and begins another', async ({ context }) => {
  const [board, replay] = [await openBoard(context), await openReplay(context)];
  await play(replay, '6 hours/s');
  await expect.poll(() => board.count('drawn')).toBeGreaterThan(200);

  await replay.page.getByRole('button', { name: 'Pause' }).click();
  const clock = await replay.figure('clock').innerText();
  // So slowly that there is time for each step to come: three minutes to the end, and 20 seconds to so many.
  await replay.page.getByLabel('1 hour/s').check();
  await replay.page.getByRole('button', { name: 'Resume' }).click();
  await expect(replay.figure('clock')).not.toHaveText(clock);
  await expect(replay.news).toHaveText('Publishing.');

  await replay.page.getByRole('button', { name: 'Restart' }).click();
  await expect.poll(() => board.count('drawn')).toBeLessThan(200);
  await expect(board.news).toHaveText('Earthquakes are coming in.');
});

test('a replay that is closed in the middle still ends its stream', async ({ context }) => {
  const [board, replay] = [await openBoard(context), await openReplay(context)];
  await play(replay, '6 hours/s');
  await expect(board.news).toHaveText('Earthquakes are coming in.');

  await replay.page.close({ runBeforeUnload: true });

  await expect(board.news).toContainText('End of stream.');
});

test('of two replays in one browser the last one started has the stage', async ({ context }) => {
  const [first, second] = [await openReplay(context), await openReplay(context)];
  await play(first, '1 hour/s');
  await expect(first.news).toHaveText('Publishing.');

  await play(second, '1 hour/s');

  await expect(first.news).toHaveText('Paused: another tab has started a replay.');
  await expect(second.news).toHaveText('Publishing.');
});

test('a broker that dies is told in words, and both sides go on by themselves when it is back', async ({ context }) => {
  await using broker = await startAedes();
  const query = `wire=mqtt&broker=${encodeURIComponent(broker.wsUrl)}`;
  const [board, replay] = [await openBoard(context, query), await openReplay(context, query)];
  await play(replay, '1 hour/s');
  await expect.poll(() => board.count('drawn')).toBeGreaterThan(0);

  await broker.kill();
  for (const { news } of [board, replay]) await expect(news).toHaveText('The broker is out of reach. It is tried again until it is back.');
  await expect.poll(() => replay.count('waiting')).toBeGreaterThan(0);
  const drawn = await board.count('drawn');

  await broker.restart();
  for (const { connection } of [board, replay]) await expect(connection).toHaveText('Connected, MQTT 3.1.1', { timeout: 15_000 });
  for (const { news } of [board, replay]) await expect(news).toHaveText('The broker is back.');
  await expect.poll(() => board.count('drawn')).toBeGreaterThan(drawn);
  expect(await board.count('gaps')).toBeGreaterThan(0);
  await expect(replay.figure('waiting')).toHaveText('0');
});

test('a board that changes wires follows the stream on the other', async ({ context }) => {
  const [board, replay] = [await openBoard(context, 'wire=mqtt'), await openReplay(context)];
  await play(replay, '6 hours/s');

  await board.page.getByLabel('BroadcastChannel').check();

  await expect(board.news).toHaveText('Earthquakes are coming in.');
  await expect(board.connection).toHaveText('Open to every tab of this browser');
  await expect(board.page.getByRole('link', { name: 'Another board' })).toHaveAttribute('href', /wire=tabs/);
  expect(new URL(board.page.url()).searchParams.get('wire')).toBe('tabs');
});

test('nonsense on the channel is counted and stops nothing', async ({ context }) => {
  const [board, replay] = [await openBoard(context), await openReplay(context)];

  await replay.page.evaluate(() => {
    const channel = new BroadcastChannel('proxystream');
    for (const nonsense of [null, 'quakes/us', [1, 'quakes/us', 'nobody', 0, [], []], [1, 7]]) channel.postMessage(nonsense);
  });
  await play(replay, '6 hours/s');

  await expect(board.news).toHaveText('Earthquakes are coming in.');
  await expect(board.figure('invalid')).toHaveText('4');
});

test('the first page shows a stream at work before anything is clicked, on the wire that is chosen', async ({ context }) => {
  const { page } = await open(context, '/');
  const board = boardIn(page);
  await expect(board.getByRole('status')).toHaveText('Earthquakes are coming in.');
  await expect(board.getByText('Open to every tab of this browser')).toBeVisible();

  const [other] = await Promise.all([context.waitForEvent('page'), page.getByRole('link', { name: 'Open another board' }).click()]);
  await expect(other.getByRole('status')).toHaveText('Earthquakes are coming in.');
});

test('with reduced motion nothing plays by itself and nothing moves on the map', async ({ browser, baseURL }) => {
  await using context = await browser.newContext({ reducedMotion: 'reduce', ...(baseURL && { baseURL }) });
  const { page } = await open(context, '/');
  await expect(page.frameLocator('iframe[title="Replay"]').getByRole('button', { name: 'Start', exact: true })).toBeEnabled();

  const [board, replay] = [await openBoard(context), await openReplay(context)];
  await play(replay, '6 hours/s');
  await expect.poll(() => inked(board, 1)).toBe(true);
  expect(await inked(board, 2)).toBe(false);
});

test('everything can be done with the keyboard alone', async ({ context }) => {
  const [board, replay] = [await openBoard(context), await openReplay(context)];
  await tabTo(replay.page, replay.page.getByLabel('6 hours/s'));
  await replay.page.keyboard.press('ArrowRight');
  await expect(replay.page.getByLabel('Week in 10 s')).toBeChecked();
  await tabTo(replay.page, replay.page.getByRole('button', { name: 'Start', exact: true }));
  await replay.page.keyboard.press('Enter');
  await expect(board.news).toHaveText('Earthquakes are coming in.');

  await tabTo(board.page, board.page.getByLabel('Magnitude'));
  await board.page.keyboard.press('End');
  await expect(board.page.locator('#magnitude-words')).toHaveText('6.0 and over');
  await tabTo(board.page, board.page.getByText('The code that listens'));
  await board.page.keyboard.press('Enter');
  await expect(board.page.getByText('new StreamConsumer<Quake>')).toBeVisible();
  await tabTo(board.page, board.page.getByLabel('BroadcastChannel'));
  await board.page.keyboard.press('ArrowRight');
  await expect(board.connection).toHaveText('Connected, MQTT 3.1.1');
});

for (const path of ['/', '/replay.html', '/board.html']) {
  test(`${path} fits a phone`, async ({ browser, baseURL }) => {
    await using context = await browser.newContext({ viewport: { width: 360, height: 740 }, ...(baseURL && { baseURL }) });
    const { page } = await open(context, path);
    await expect(page.getByLabel('MQTT')).toBeVisible();
    for (const frame of page.frames()) {
      await frame.waitForLoadState();
      const [content, room] = await frame.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
      expect(content, frame.url()).toBeLessThanOrEqual(room);
    }
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${path} has no accessibility violations that axe can find, in the ${colorScheme}`, async ({ browser, baseURL }) => {
      await using context = await browser.newContext({ colorScheme, ...(baseURL && { baseURL }) });
      const tab = await open(context, path);
      if (path === '/') await expect(boardIn(tab.page).getByRole('status')).toHaveText('Earthquakes are coming in.');
      if (path === '/board.html') await showAnEnd(tab);
      for (const details of await tab.page.locator('summary').all()) await details.click();

      const { violations } = await new AxeBuilder({ page: tab.page }).analyze();

      expect(violations).toEqual([]);
    });
  }
}
