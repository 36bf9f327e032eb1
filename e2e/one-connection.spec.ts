/** However many tabs have an outbox or an inbox open, the broker sees one of them. */
import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import { StreamConsumer, StreamProducer } from '../src/index.js';
import { MqttPublisher, MqttSubscriber } from '../src/shims/mqtt.js';
import { type FaultProxy, startFaultProxy, startMosquitto } from './support/index.js';
import { runProgram } from './support/program.js';

const TABS = ['a', 'b', 'c', 'd'];
const MANY = 200;

test('tabs on one outbox have one connection; when the tab that has it is killed another takes over, and nothing is lost or doubled', async ({
  context,
}) => {
  await using broker = await startMosquitto();
  await using wire = await startFaultProxy(broker.wsUrl);
  const { topic, tabs } = await openTabs(context, wire);
  const archive = new MqttSubscriber(topic, { url: broker.tcpUrl });
  const consumer = new StreamConsumer<string>(archive, { endOfStream: 'never' });
  await archive.ready();
  const archived: string[] = [];
  const reading = (async () => {
    for await (const text of consumer) archived.push(text);
  })();

  for (const { page } of tabs) await page.evaluate(() => globalThis.sharedWire.openOutbox());
  await Promise.all(tabs.map(({ page, name }) => send(page, numbered(name, 0))));
  await expect.poll(() => archived.length).toBe(TABS.length * MANY);
  expect(wire.counts()).toMatchObject({ open: 1, accepted: 1 });

  const leader = await leaderOf(tabs);
  const others = tabs.filter((tab) => tab !== leader);
  // Stored, and on its way: the wire stands still, so that the one who sends is killed in the middle of it.
  await wire.set({ kind: 'black-hole' });
  await Promise.all(tabs.map(({ page, name }) => send(page, numbered(name, MANY))));
  await crash(leader.page);
  await wire.set({ kind: 'pass' });
  await Promise.all(others.map(({ page }) => page.evaluate(() => globalThis.sharedWire.flush())));

  await expect.poll(() => new Set(archived).size).toBe(2 * TABS.length * MANY);
  await consumer.close();
  await reading;
  for (const name of TABS) expect(of(name, archived)).toEqual([...numbered(name, 0), ...numbered(name, MANY)]);
  await expect.poll(() => wire.counts()).toMatchObject({ open: 1, accepted: 2 });
  expect(others).toContain(await leaderOf(others));
});

test('tabs on one inbox have one connection; when the tab that has it is killed another takes over, and nothing is lost or doubled', async ({
  context,
}) => {
  await using broker = await startMosquitto();
  await using wire = await startFaultProxy(broker.wsUrl);
  const { topic, tabs } = await openTabs(context, wire);
  const producer = new StreamProducer<string>(new MqttPublisher({ url: broker.tcpUrl }));
  const publish = (texts: readonly string[]) => Promise.all(texts.map((text) => producer.send(topic, text)));

  for (const { page } of tabs) await page.evaluate(() => globalThis.sharedWire.openInbox());
  await publish(numbered('device', 0));
  for (const { page } of tabs) await expect.poll(() => heard(page)).toEqual(numbered('device', 0));
  expect(wire.counts()).toMatchObject({ open: 1, accepted: 1 });

  const leader = await leaderOf(tabs);
  const others = tabs.filter((tab) => tab !== leader);
  const publishing = publish(numbered('device', MANY));
  await crash(leader.page);
  await publishing;
  for (const { page } of others) await expect.poll(() => heard(page)).toEqual(numbered('device', 0, 2 * MANY));
  await expect.poll(() => wire.counts()).toMatchObject({ open: 1, accepted: 2 });
  expect(others).toContain(await leaderOf(others));
  await producer.close();
});

interface Tab {
  readonly name: string;
  readonly page: Page;
}

async function openTabs(context: BrowserContext, { url }: FaultProxy): Promise<{ readonly topic: string; readonly tabs: readonly Tab[] }> {
  const log = `shared-${crypto.randomUUID()}`;
  const topic = `t/${log}`;
  const tabs: Tab[] = [];
  for (const name of TABS) {
    tabs.push({ name, page: await runProgram(await context.newPage(), 'shared-wire', { log, url, topic, board: name }) });
  }
  return { topic, tabs };
}

function numbered(name: string, from: number, count = MANY): string[] {
  return Array.from({ length: count }, (_, i) => `${name} ${from + i}`);
}

function of(name: string, texts: readonly string[]): string[] {
  return texts.filter((text) => text.startsWith(`${name} `));
}

async function leaderOf(tabs: readonly Tab[]): Promise<Tab> {
  const leaders: Tab[] = [];
  for (const tab of tabs) if (await tab.page.evaluate(() => globalThis.sharedWire.leads())) leaders.push(tab);
  expect(leaders.length).toBe(1);
  return leaders[0] as Tab;
}

function send(page: Page, texts: readonly string[]): Promise<void> {
  return page.evaluate((these) => globalThis.sharedWire.send(these), texts);
}

function heard(page: Page): Promise<string[]> {
  return page.evaluate(() => globalThis.sharedWire.heard);
}

async function crash(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  devtools.send('Page.crash').catch(() => {});
  await crashed;
}
