import type { Page } from '@playwright/test';

/**
 * Runs a program of `e2e/pages` in an empty page. Settles when it is under way, and what it listens to on BroadcastChannels is heard.
 */
export async function runProgram(page: Page, name: string, query: Readonly<Record<string, string>> = {}): Promise<Page> {
  await page.goto(`/stage?${new URLSearchParams(query)}`);
  await page.addScriptTag({ type: 'module', url: `/programs/${name}.js` });
  await page.evaluate(async () => {
    const { BroadcastChannelSubscriber } = await import('/modules/shims/broadcast-channel.js');
    // A page registers its channels one after the other: once this one is heard, so are those of the program.
    const later = new BroadcastChannelSubscriber('nothing');
    await later.ready();
    await later.close();
  });
  return page;
}
