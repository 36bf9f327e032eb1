/** A page that has the log, and not yet the code of its pumps: offline, or because a server did not answer. */
import { join } from 'node:path';
import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import { build } from 'vite';
import { createProject, type Project } from './support/consumer-project.js';
import { serveFolder } from './support/static-server.js';
import { bundleWithWebpack } from './support/webpack.js';

/** An outbox whose far end is in the page, and an inbox that is offered three messages. */
const MAIN = `
import { openLog } from 'proxystream/log';

const log = await openLog('desk', { silenceMs: 600_000 });
const bytes = (text) => new TextEncoder().encode(text);
const text = (payload) => new TextDecoder().decode(payload);
const outcome = (promise) => promise.then(() => 'settled', (error) => [error.name, error.code, error.message].join(' '));

globalThis.desk = {
  log,
  outcome,
  received: [],
  acknowledged: 0,
  asked: 0,
  closed: [],
  openOutbox() {
    const { desk } = globalThis;
    const publisher = {
      limits: { batchBytes: 11_776 },
      send: async (_topic, message) => void desk.received.push(text(message)),
      close: async () => void desk.closed.push('publisher'),
    };
    desk.outbox = log.outbox(publisher);
    return desk.outbox.limits.batchBytes;
  },
  send: (from, count) =>
    Promise.all(Array.from({ length: count }, (_, i) => desk.outbox.send('t', bytes(String(from + i))))).then(() => 'stored'),
  openInbox() {
    const { desk } = globalThis;
    const subscriber = {
      async *batches({ signal }) {
        desk.asked++;
        const messages = ['a', 'b', 'c'].map((name) => ({ topic: 't', payload: bytes(name) }));
        yield { messages, ack: () => void (desk.acknowledged += messages.length) };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
      close: async () => void desk.closed.push('subscriber'),
    };
    desk.inbox = log.inbox(subscriber, { name: 'board' });
    desk.read = [];
    desk.reading = (async () => {
      for await (const payload of desk.inbox) desk.read.push(text(payload));
    })();
  },
};
`;

const INDEX = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Desk</title>';
const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));

/** How a project comes to the browser, and where it lies then. */
const WAYS: Readonly<Record<string, { readonly page: string; make(project: Project): Promise<string> }>> = {
  'no bundler at all': {
    page: '<script type="module" src="./main.js"></script>',
    make: async ({ folder }) => folder,
  },
  Vite: {
    page: '<script type="module" src="./main.js"></script>',
    async make({ folder }) {
      await build({ root: folder, configFile: false, logLevel: 'warn', build: { target: 'es2022' } });
      return join(folder, 'dist');
    },
  },
  webpack: {
    page: '<script defer src="/main.js"></script>',
    async make({ folder }) {
      await bundleWithWebpack(folder);
      return join(folder, 'dist');
    },
  },
};

for (const way of Object.keys(WAYS)) {
  test(`${way}: what is sent without the code is stored, and goes out in order, once each, when the code has come`, async ({ context }) => {
    await using place = await openPlace(context, way);
    const { page, network } = place;
    await network.cut();
    expect(await page.evaluate(() => desk.openOutbox())).toBe(11_776);
    expect(await page.evaluate(() => desk.send(0, 50))).toBe('stored');
    await expect.poll(() => outboxError(page)).toMatch(/^not_connected .*service worker.*reload/);
    const flushing = page.evaluate(() => desk.outcome(desk.outbox.flush()));
    // It is tried again, and fails again.
    const { failed } = network;
    await expect.poll(() => network.failed).toBeGreaterThan(failed + 1);
    expect(await page.evaluate(() => desk.send(50, 50))).toBe('stored');
    expect(await page.evaluate(() => [desk.received.length, desk.log.status.outbox.backlog])).toEqual([0, 100]);
    await network.mend();
    expect(await flushing).toBe('settled');
    expect(await page.evaluate(() => desk.received)).toEqual(numbers(100));
    expect(await outboxError(page)).toBe('none');
  });
}

test('a tab that cannot load the code does not keep another from sending what it stores', async ({ context }) => {
  await using place = await openPlace(context);
  await place.network.cut();
  await place.page.evaluate(() => desk.openOutbox());
  expect(await place.page.evaluate(() => desk.send(0, 20))).toBe('stored');
  await expect.poll(() => outboxError(place.page)).toContain('not_connected');
  const other = await openPage(context, place.url);
  await other.evaluate(() => desk.openOutbox());
  await other.evaluate(() => desk.outbox.flush());
  expect(await other.evaluate(() => desk.received)).toEqual(numbers(20));
  // Now it is the first one's turn to wait: its code comes while the other has the lock.
  await place.network.mend();
  await expect.poll(() => outboxError(place.page)).toBe('none');
  expect(await place.page.evaluate(() => desk.send(20, 5))).toBe('stored');
  await place.page.evaluate(() => desk.outbox.flush());
  expect(await other.evaluate(() => desk.received)).toEqual(numbers(25));
  await other.evaluate(() => desk.log.close());
  await place.page.evaluate(() => desk.send(25, 5));
  await place.page.evaluate(() => desk.outbox.flush());
  expect(await place.page.evaluate(() => desk.received)).toEqual(numbers(30).slice(25));
});

test('what is stored without the code is sent on the next visit', async ({ context }) => {
  await using place = await openPlace(context);
  const { page, network } = place;
  await network.cut();
  await page.evaluate(() => desk.openOutbox());
  await page.evaluate(() => desk.send(0, 30));
  expect(await sentOnNextVisit(place)).toEqual(numbers(30));
});

test('an inbox without the code asks its subscriber for nothing and acknowledges nothing, and stores all of it when the code has come', async ({
  context,
}) => {
  await using place = await openPlace(context);
  const { page, network } = place;
  await network.cut();
  await page.evaluate(() => desk.openInbox());
  await expect.poll(() => page.evaluate(() => desk.log.status.inboxes[0]?.error?.code)).toBe('not_connected');
  expect(await page.evaluate(() => [desk.asked, desk.acknowledged, desk.log.status.inboxes[0]?.leader])).toEqual([0, 0, false]);
  await network.mend();
  await expect.poll(() => page.evaluate(() => desk.read)).toEqual(['a', 'b', 'c']);
  expect(await page.evaluate(() => [desk.asked, desk.acknowledged, desk.log.status.inboxes[0]?.error])).toEqual([1, 3, undefined]);
  await page.evaluate(() => desk.inbox.ready());
});

for (const [what, trouble] of [
  ['fails', 'cut'],
  ['never answers', 'hold'],
] as const) {
  test(`closing does not wait for code whose server ${what}`, async ({ context }) => {
    await using place = await openPlace(context);
    const { page, network } = place;
    await network[trouble]();
    await page.evaluate(() => desk.openOutbox());
    await page.evaluate(() => desk.openInbox());
    await page.evaluate(() => desk.send(0, 10));
    const givenUp = await page.evaluate(() => {
      const flush = (signal: AbortSignal) => desk.outbox.flush({ signal }).catch((error: unknown) => error === signal.reason);
      return Promise.all([AbortSignal.abort(), AbortSignal.timeout(10)].map(flush));
    });
    expect(givenUp).toEqual([true, true]);
    const waits = page.evaluate(() => Promise.all([desk.outcome(desk.outbox.flush()), desk.outcome(desk.inbox.ready())]));
    expect(await page.evaluate(() => desk.outcome(desk.log.close()))).toBe('settled');
    expect(await waits).toEqual([expect.stringMatching(/^StreamError closed /), 'settled']);
    expect(await page.evaluate(() => desk.closed)).toEqual(expect.arrayContaining(['publisher', 'subscriber']));
    await page.evaluate(() => desk.reading);
    expect(await sentOnNextVisit(place)).toEqual(numbers(10));
  });
}

test('without the code, purging and asking for dead letters say what is missing, and do it when asked again', async ({ context }) => {
  await using place = await openPlace(context);
  const { page, network } = place;
  await network.cut();
  const ask = () =>
    page.evaluate(() => {
      const { log, outcome } = desk;
      return Promise.all([outcome(log.deadLetters()), outcome(log.purge({ before: 'now' }))]);
    });
  for (const said of await ask()) expect(said).toMatch(/^StreamError not_connected .*service worker/);
  await network.mend();
  expect(await ask()).toEqual(['settled', 'settled']);
});

interface Network {
  /** Requests that came to nothing. */
  readonly failed: number;
  /** Whatever is asked for from now on fails. */
  cut(): Promise<void>;
  /** Whatever is asked for from now on gets no answer. */
  hold(): Promise<void>;
  mend(): Promise<void>;
}

interface Place extends AsyncDisposable {
  readonly page: Page;
  readonly url: string;
  readonly network: Network;
}

/** The first of what the page needs has come when this settles. */
async function openPlace(context: BrowserContext, way = 'no bundler at all'): Promise<Place> {
  const { page: script, make } = WAYS[way] as (typeof WAYS)[string];
  // Without a bundler nobody knows where the package is.
  const source = way === 'no bundler at all' ? MAIN.replace("'proxystream/log'", "'./node_modules/proxystream/dist/log/index.js'") : MAIN;
  const project = createProject({ 'main.js': source, 'index.html': `${INDEX}${script}</html>` });
  const folder = await make(project);
  const server = await serveFolder(folder, { 'cache-control': 'no-store' });
  const url = way === 'webpack' ? `${server.url}start` : server.url;
  await context.route('**/start', (route) => route.fulfill({ contentType: 'text/html', body: `${INDEX}${script}</html>` }));
  const page = await openPage(context, url);
  return {
    page,
    url,
    network: networkOf(page),
    async [Symbol.asyncDispose]() {
      await page.close();
      await server[Symbol.asyncDispose]();
      project[Symbol.dispose]();
    },
  };
}

async function openPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => 'desk' in globalThis);
  return page;
}

/** What the outbox sends once the page is loaded again, and the network answers. */
async function sentOnNextVisit({ page, network }: Place): Promise<readonly string[]> {
  await network.mend();
  await page.reload();
  await page.waitForFunction(() => 'desk' in globalThis);
  await page.evaluate(() => desk.openOutbox());
  await page.evaluate(() => desk.outbox.flush());
  return page.evaluate(() => desk.received);
}

function networkOf(page: Page): Network {
  let failed = 0;
  const mend = () => page.unrouteAll();
  return {
    get failed() {
      return failed;
    },
    async cut() {
      await page.route('**/*', (route) => {
        failed++;
        return route.abort('internetdisconnected');
      });
    },
    async hold() {
      await page.route('**/*', () => {});
    },
    mend,
  };
}

function outboxError(page: Page): Promise<string> {
  return page.evaluate(() => {
    const error = desk.log.status.outboxes[0]?.error;
    return error ? `${error.code} ${error.message}` : 'none';
  });
}

declare const desk: {
  readonly log: import('../src/log/index.js').Log;
  readonly outbox: import('../src/log/index.js').Outbox;
  readonly inbox: import('../src/log/index.js').Inbox;
  readonly received: readonly string[];
  readonly acknowledged: number;
  readonly asked: number;
  readonly closed: readonly string[];
  readonly read: readonly string[];
  readonly reading: Promise<void>;
  outcome(promise: Promise<unknown>): Promise<string>;
  openOutbox(): number | undefined;
  openInbox(): void;
  send(from: number, count: number): Promise<string>;
};
