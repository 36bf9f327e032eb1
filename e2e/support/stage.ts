import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import type { Plugin } from 'vite';

const PATH = '/stage';
const HTML = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Stage</title><link rel="icon" href="data:,"><main></main>';
const E2E = fileURLToPath(new URL('..', import.meta.url));

/** Adds an empty page to the dev server of the end-to-end tests. `?program=chaos/pages/tab.ts` runs that program of theirs whenever it is loaded. */
export function stage(): Plugin {
  return {
    name: 'proxystream:stage',
    configureServer({ middlewares }) {
      middlewares.use(PATH, ({ originalUrl = PATH }, response) => {
        const program = new URL(originalUrl, 'http://localhost').searchParams.get('program');
        const script = program && /^[\w/.-]+$/.test(program) ? `<script type="module" src="/@fs${E2E}${program}"></script>` : '';
        response.setHeader('content-type', 'text/html').end(`${HTML}${script}</html>`);
      });
    },
  };
}

/**
 * Opens the empty page, where a test's own `page.evaluate` reaches the SDK as `await import('/@id/proxystream')`
 * and its parts as `await import('/@id/proxystream/shims/mqtt')` and so on.
 */
export async function openStage(page: Page): Promise<Page> {
  await page.goto(PATH);
  return page;
}
