/**
 * The package in projects of other people, under a strict Content-Security-Policy: the worker that is theirs and the worker that is ours are both
 * found, started and asked.
 */
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { build, createServer } from 'vite';
import { createProject } from './support/consumer-project.js';
import { serveFolder } from './support/static-server.js';
import { bundleWithWebpack } from './support/webpack.js';

const CSP = { 'content-security-policy': "default-src 'self'; connect-src 'self' ws:; require-trusted-types-for 'script'" };

const MAIN = `
import { StreamConsumer, StreamProducer } from 'proxystream';
import { any, explain, workerFilters } from 'proxystream/filters';
import { where } from 'proxystream/filters/where';
import { BroadcastChannelPublisher, BroadcastChannelSubscriber } from 'proxystream/shims/broadcast-channel';

const filters = workerFilters(() => new Worker(new URL('./quake-filters.js', import.meta.url), { type: 'module' }));
const filter = any(filters.weak, filters.above.with(6), where({ net: 'ak' }, { worker: true }));
const subscriber = new BroadcastChannelSubscriber('quakes');
const consumer = new StreamConsumer(subscriber, { filter });
const reading = (async () => {
  const kept = [];
  for await (const name of consumer) kept.push(name);
  return kept;
})();
await subscriber.ready();
const producer = new StreamProducer(new BroadcastChannelPublisher());
for (const [name, mag, net] of [['small', 1, 'us'], ['middling', 3, 'us'], ['of Alaska', 4, 'ak'], ['great', 7, 'us'], ['second', 5, 'us']])
  void producer.send('quakes', name, { metadata: { mag, net } });
await producer.closeTopics('quakes');
const kept = await reading;
const parts = explain(filter).parts.map(({ filter, runs, dropped, worker }) => ({ filter, runs, dropped, status: worker.status }));
globalThis.result = { kept, parts, errors: consumer.stats.filterErrors };
`;

const FILTERS = `
import { serveFilters } from 'proxystream/filters/worker';
export default serveFilters({ weak: ({ mag }) => mag < 2.5, above: ({ mag }, most) => mag > most });
`;

const html = (script: string) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>A project</title>${script}</html>`;
const MODULE = html('<script type="module" src="./main.js"></script>');

// Bundlers take their time on a busy machine.
test('Vite, while developing', async ({ page }) => {
  using project = createProject({ 'main.js': MAIN, 'quake-filters.js': FILTERS, 'index.html': MODULE });
  const server = await createServer({
    root: project.folder,
    configFile: false,
    logLevel: 'warn',
    server: { port: 0, host: '127.0.0.1', headers: CSP, watch: null },
  });
  try {
    await server.listen();
    await runs(page, server.resolvedUrls?.local[0] ?? '');
  } finally {
    await server.close();
  }
});

test('Vite, built', async ({ page }) => {
  using project = createProject({ 'main.js': MAIN, 'quake-filters.js': FILTERS, 'index.html': MODULE });
  await build({ root: project.folder, configFile: false, logLevel: 'warn', build: { target: 'es2022' } });
  await using server = await serveFolder(join(project.folder, 'dist'), CSP);
  await runs(page, server.url);
});

test('webpack', async ({ page }) => {
  using project = createProject({ 'main.js': MAIN, 'quake-filters.js': FILTERS });
  await bundleWithWebpack(project.folder);
  await using server = await serveFolder(join(project.folder, 'dist'), CSP);
  await page.route('**/start', (route) =>
    route.fulfill({ headers: { ...CSP, 'content-type': 'text/html' }, body: html('<script defer src="/main.js"></script>') }),
  );
  await runs(page, `${server.url}start`);
});

test('no bundler at all', async ({ page }) => {
  // An import map would have to be inline, which this policy forbids, and no worker would heed it.
  const place = (source: string) =>
    source
      .replaceAll("'proxystream'", "'./node_modules/proxystream/dist/index.js'")
      .replaceAll("'proxystream/filters'", "'./node_modules/proxystream/dist/filters/index.js'")
      .replace(/'proxystream\/([^']+)'/g, "'./node_modules/proxystream/dist/$1.js'");
  using project = createProject({ 'main.js': place(MAIN), 'quake-filters.js': place(FILTERS), 'index.html': MODULE });
  await using server = await serveFolder(project.folder, CSP);
  await runs(page, server.url);
});

async function runs(page: Page, url: string): Promise<void> {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  await page.waitForFunction(() => 'result' in globalThis);
  expect(complaints).toEqual([]);
  expect(await page.evaluate(() => (globalThis as { result?: unknown }).result)).toEqual({
    kept: ['middling', 'second'],
    errors: 0,
    parts: [
      { filter: 'weak', runs: 'worker', dropped: 1, status: 'running' },
      { filter: 'above', runs: 'worker', dropped: 1, status: 'running' },
      { filter: 'where', runs: 'worker', dropped: 1, status: 'running' },
    ],
  });
}
