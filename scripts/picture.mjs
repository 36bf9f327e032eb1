/** Takes the README's picture of the demo, `docs/demo.png`. Run by hand when the demo has changed its looks: `node scripts/picture.mjs`. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { createServer } from 'vite';
import { chromiumLaunch } from './programs.mjs';

const here = fileURLToPath(new URL('..', import.meta.url));
const ENOUGH = 600;

const server = await createServer({ configFile: `${here}vite.config.ts`, mode: 'demo', server: { port: 0 } });
await server.listen();
const browser = await chromium.launch(chromiumLaunch());
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.goto(server.resolvedUrls?.local[0] ?? '');
const [replay, board] = ['Replay', 'Board'].map((title) => page.frameLocator(`iframe[title="${title}"]`));
await drawn((count) => count > ENOUGH / 2);
// Many at once make the livelier picture.
await replay?.getByLabel('Week in 10 s').check();
await drawn((count) => count > ENOUGH);
mkdirSync(`${here}docs`, { recursive: true });
await page.screenshot({ path: `${here}docs/demo.png`, fullPage: true });
await browser.close();
await server.close();

/** @param {(count: number) => boolean} enough */
async function drawn(enough) {
  const figure = board?.locator('#drawn');
  await figure?.waitFor();
  while (!enough(Number((await figure?.innerText())?.replaceAll(',', '')))) await page.waitForTimeout(100);
}
