import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';

/**
 * Runs a program of `e2e/pages` in an empty page. Settles when it is under way, and what it listens to on BroadcastChannels is heard.
 */
export async function runProgram(page: Page, name: string, query: Readonly<Record<string, string>> = {}): Promise<Page> {
  await page.goto(`/stage?${new URLSearchParams(query)}`);
  const file = fileURLToPath(new URL(`../pages/${name}.ts`, import.meta.url));
  await page.addScriptTag({ type: 'module', url: `/@fs${file}` });
  await page.evaluate(async () => {
    const { BroadcastChannelSubscriber } = await import('/@id/proxystream/shims/broadcast-channel');
    // A page registers its channels one after the other: once this one is heard, so are those of the program.
    const later = new BroadcastChannelSubscriber('nothing');
    await later.ready();
    await later.close();
  });
  return page;
}
