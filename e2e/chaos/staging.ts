import { test as base } from '@playwright/test';
import { openHouse } from './house.js';
import { startOwnBrowser } from './own-browser.js';
import type { Staging } from './world.js';

/** A browser and the program of its tabs, for all rounds that this worker plays. */
export const test = base.extend<object, { staging: Staging }>({
  staging: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants its fixtures by destructuring
    async ({}, use) => {
      await using house = await openHouse();
      await using browser = await startOwnBrowser();
      await use({ house, browser });
    },
    { scope: 'worker' },
  ],
});
