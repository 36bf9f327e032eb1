/** The filters' page, as a visitor meets it: a load, two filters on either thread, and figures that add up. */
import { AxeBuilder } from '@axe-core/playwright';
import { type BrowserContext, expect, test } from '@playwright/test';
import { open, type Tab, tabTo } from './demo-tabs.js';

const slide = ({ page }: Tab, label: string, step: number) => page.getByRole('slider', { name: label }).fill(String(step));
const choose = ({ page }: Tab, label: string) => page.getByRole('radio', { name: label }).check();
const thread = ({ page }: Tab) => page.locator('#thread');
const filtered = (tab: Tab) => expect.poll(() => tab.count('judged'));
/** Steps of the sliders. */
const [NONE, ONE_THOUSAND, FIVE_THOUSAND, TEN_THOUSAND, MOST] = [0, 2, 4, 5, 12];
/** What a load of 5,000 a second takes some seconds for: time enough to see that a count has begun anew. */
const SOME = 15_000;
const [TEN_KM, ANYWHERE] = [0, 7];

async function openFilters(context: BrowserContext): Promise<Tab> {
  const tab = await open(context, '/filters.html');
  await expect(tab.news).toHaveText('Every event is filtered.');
  await filtered(tab).toBeGreaterThan(0);
  return tab;
}

/** What is judged and what is kept must be read at one moment. */
function figures({ page }: Tab): Promise<Record<'judged' | 'dropped' | 'kept' | 'lost' | 'frames', number>> {
  return page.evaluate(() => {
    const read = (name: string) => Number(document.querySelector(`#${name}`)?.textContent?.replaceAll(',', ''));
    return { judged: read('judged'), dropped: read('dropped'), kept: read('kept'), lost: read('lost'), frames: read('frames') };
  });
}

for (const [name, label] of [
  ['a worker', 'In a worker'],
  ['this page', 'On this page'],
] as const) {
  test(`filters in ${name} keep what is strong and near, drop the rest, and the figures add up`, async ({ context }) => {
    const tab = await openFilters(context);
    await choose(tab, label);
    await choose(tab, 'cities');
    await slide(tab, 'Magnitude', 3);
    await slide(tab, 'Load', TEN_THOUSAND);
    await expect(thread(tab)).toHaveText(`Filtering ${name === 'a worker' ? 'in a worker' : 'on this page'}`);
    await slide(tab, 'Distance', 4);
    await expect(tab.page.locator('#distance-words')).toHaveText('up to 200 km');
    await filtered(tab).toBeGreaterThan(20_000);

    const { judged, dropped, kept } = await figures(tab);
    expect(dropped + kept).toBe(judged);
    expect(kept).toBeGreaterThan(0);
    expect(dropped).toBeGreaterThan(kept);
    const rows = await tab.page
      .locator('#latest li')
      .evaluateAll((items) => items.map((item) => [...item.children].map((c) => c.textContent ?? '')));
    expect(rows).toHaveLength(5);
    for (const [mag, , near] of rows) {
      expect(Number(mag)).toBeGreaterThanOrEqual(3);
      expect(Number(near?.split(' km')[0])).toBeLessThanOrEqual(200);
    }
    const explained = tab.page.getByRole('row', { name: /^any\(weak, far\)/ });
    await expect(explained).toContainText(/\d s.*\d µs/);
  });
}

test('of all magnitudes and far reach nearly everything is kept; less of the strong, and next to nothing of the near', async ({
  context,
}) => {
  const share = async (magnitude: number) => {
    await slide(tab, 'Magnitude', magnitude);
    await expect(tab.page.getByRole('slider', { name: 'Magnitude' })).toHaveValue(String(magnitude));
    await filtered(tab).toBeLessThan(SOME);
    await filtered(tab).toBeGreaterThan(SOME);
    const { kept, judged } = await figures(tab);
    return kept / judged;
  };
  const tab = await openFilters(context);
  await choose(tab, 'cities');
  await slide(tab, 'Distance', ANYWHERE);
  await slide(tab, 'Load', FIVE_THOUSAND);
  await filtered(tab).toBeGreaterThan(SOME);
  // Of the week's quakes 98 % are within 1,000 km of a city, and 5 % are of magnitude 4.5 and over.
  expect(await share(-0.5)).toBeGreaterThan(0.9);
  expect(await share(4.5)).toBeLessThan(0.1);
  await slide(tab, 'Distance', TEN_KM);
  await filtered(tab).toBeLessThan(SOME);
  await filtered(tab).toBeGreaterThan(SOME);
  expect((await figures(tab)).kept).toBeLessThan(100);
});

test('the switch moves the filters to the page and back, and counting goes on', async ({ context }) => {
  const tab = await openFilters(context);
  await expect(thread(tab)).toHaveText('Filtering in a worker');

  await choose(tab, 'On this page');
  await expect(thread(tab)).toHaveText('Filtering on this page');
  await filtered(tab).toBeGreaterThan(1000);
  await choose(tab, 'In a worker');
  await expect(thread(tab)).toHaveText('Filtering in a worker');
  await filtered(tab).toBeGreaterThan(1000);

  expect((await figures(tab)).lost).toBe(0);
});

test('the meters show figures, and a load of nothing stops the count', async ({ context }) => {
  const tab = await openFilters(context);
  await expect.poll(async () => (await figures(tab)).frames).toBeGreaterThan(0);
  await expect(tab.figure('longest')).toHaveText(/^(< 50|\d+) ms$/);
  await expect(tab.figure('incoming')).not.toHaveText('0');
  await expect(tab.figure('rate')).not.toHaveText('0');
  await expect(tab.page.getByRole('img', { name: /^World map of the [1-9]\d* earthquakes kept/ })).toBeVisible();

  await slide(tab, 'Load', NONE);
  await expect(tab.news).toHaveText('No load.');
  await expect(tab.figure('incoming')).toHaveText('0');
});

test('more than a thread can filter is lost in sight, on either thread', async ({ context }) => {
  const tab = await openFilters(context);
  await slide(tab, 'Magnitude', -0.5);
  for (const label of ['In a worker', 'On this page']) {
    await choose(tab, label);
    await slide(tab, 'Load', MOST);
    await expect(tab.news).toHaveText('More comes than one thread can filter: the oldest events are lost, and counted.');
    await expect(tab.figure('lost')).not.toHaveText('0');
    await slide(tab, 'Load', ONE_THOUSAND);
    await expect(tab.news).toHaveText('Every event is filtered.');
  }
});

test('a place without workers filters on the page, and says so', async ({ context }) => {
  // It is the worker that asks for them first; the page does when there is none.
  await context.route(/quake-filters/, (route) => route.abort(), { times: 1 });
  const tab = await open(context, '/filters.html');
  await expect(thread(tab)).toHaveText('Filtering on this page: no worker starts here');
  await filtered(tab).toBeGreaterThan(0);
});

test('everything can be done with the keyboard alone', async ({ context }) => {
  const tab = await openFilters(context);
  const { page } = tab;
  await tabTo(page, page.getByRole('slider', { name: 'Load' }));
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('#load-words')).toHaveText('100 events/s');
  await expect(page.getByRole('slider', { name: 'Load' })).toHaveAttribute('aria-valuetext', '100 events/s');
  await tabTo(page, page.getByRole('radio', { name: 'In a worker' }));
  await page.keyboard.press('ArrowRight');
  await expect(thread(tab)).toHaveText('Filtering on this page');
  await tabTo(page, page.getByRole('slider', { name: 'Magnitude' }));
  await page.keyboard.press('Home');
  await expect(page.locator('#magnitude-words')).toHaveText('all');
  await tabTo(page, page.getByRole('radio', { name: 'airports' }));
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('radio', { name: 'cities' })).toBeChecked();
});

test('the first page leads here', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('link', { name: 'Filters in a worker' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Filters in a worker');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`it fits a phone under load, and axe finds nothing wrong, in the ${colorScheme}`, async ({ browser, baseURL }) => {
    await using context = await browser.newContext({ colorScheme, viewport: { width: 360, height: 740 }, ...(baseURL && { baseURL }) });
    const tab = await openFilters(context);
    await slide(tab, 'Load', TEN_THOUSAND);
    await filtered(tab).toBeGreaterThan(20_000);
    await slide(tab, 'Load', NONE);
    await tab.page.locator('summary').click();
    const [content, room] = await tab.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
    expect(content).toBeLessThanOrEqual(room);
    expect((await new AxeBuilder({ page: tab.page }).analyze()).violations).toEqual([]);
  });
}
