import type { Page } from '@playwright/test';
import type { Plugin } from 'vite';

const PATH = '/stage';
const HTML = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Stage</title><link rel="icon" href="data:,"><main></main></html>';

/** Adds an empty page to the server of the end-to-end tests. */
export function stage(): Plugin {
  return {
    name: 'proxystream:stage',
    configurePreviewServer({ middlewares }) {
      middlewares.use(PATH, (_request, response) => void response.setHeader('content-type', 'text/html').end(HTML));
    },
  };
}

/**
 * Opens the empty page, where a test's own `page.evaluate` reaches the SDK as `await import('/modules/index.js')`
 * and its parts as `await import('/modules/shims/mqtt.js')` and so on.
 */
export async function openStage(page: Page): Promise<Page> {
  await page.goto(PATH);
  return page;
}
