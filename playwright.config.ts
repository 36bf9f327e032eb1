import { defineConfig } from '@playwright/test';
import { chromiumLaunch } from './scripts/programs.mjs';

const port = Number(process.env.DEMO_PORT ?? 5179);

export default defineConfig({
  testDir: 'e2e',
  testMatch: '*.spec.ts',
  outputDir: 'test-results',
  forbidOnly: true,
  // What waits, waits for a fact; a busy machine only takes longer.
  timeout: 300_000,
  expect: { timeout: 90_000 },
  retries: 0,
  workers: 2,
  reporter: [['list'], ['json', { outputFile: 'test-results/reports/e2e.json' }]],
  use: {
    baseURL: `http://localhost:${port}/`,
    browserName: 'chromium',
    // A trace of each would take a third of the time; to look closer at one: `--trace on`.
    screenshot: 'only-on-failure',
    launchOptions: {
      ...chromiumLaunch(),
      // Users have the back/forward cache and so do our tests; Playwright would turn it off.
      // A page restored from it fires no `load`: go back with `page.goBack({ waitUntil: 'commit' })`.
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
    },
  },
  webServer: {
    command: `npx vite build --mode e2e --logLevel warn && npx vite preview --mode e2e --port ${port} --strictPort`,
    url: `http://localhost:${port}/stage`,
    // It would have been built from other code.
    reuseExistingServer: false,
  },
});
