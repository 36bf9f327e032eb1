/** What an inbox says of a broker that has forgotten its session. */
import { expect, test } from 'vitest';
import { startMosquitto } from '../../e2e/support/browser.js';
import { bytes, freshLog, open, readWithNews, text } from '../../e2e/support/log-scene.js';
import { StreamError } from '../errors.js';
import type { Message } from '../protocols.js';
import { MqttPublisher, MqttSubscriber } from '../shims/mqtt.js';
import type { Log } from './index.js';

const FORGOTTEN = 'gap: session_lost';
const quick = { reconnect: { minMs: 5, maxMs: 50 } };

test('it is told in line when it happens while the tab is there, and what comes then is received', async () => {
  const { broker, log, publish } = await scene();
  const inbox = inboxOf(log, broker.wsUrl);
  await inbox.ready();
  await publish('before');
  expect((await readWithNews(inbox, 1)).map(inWords)).toEqual(['before']);
  await broker.kill();
  await broker.restart();
  await expect.poll(() => log.status.inboxes[0]?.received).toBeGreaterThan(1);
  await publish('after');
  expect((await readWithNews(inbox, 1)).map(inWords)).toEqual([FORGOTTEN, 'after']);
});

test('it is told to the next visit when it happened in between, once, though nothing was ever received', async () => {
  const { broker, log, publish } = await scene();
  await inboxOf(log, broker.wsUrl).ready();
  await log.close();
  await broker.kill();
  await broker.restart();
  const next = await open(log);
  const inbox = inboxOf(next, broker.wsUrl);
  await inbox.ready();
  await publish('after');
  expect((await readWithNews(inbox, 1)).map(inWords)).toEqual([FORGOTTEN, 'after']);
  await next.close();
  const last = inboxOf(await open(log), broker.wsUrl);
  await last.ready();
  await publish('later');
  expect((await readWithNews(last, 1)).map(inWords)).toEqual(['later']);
});

test('it is told to the tab that takes over when it happened at the same time', async () => {
  const { broker, log, publish } = await scene();
  const first = inboxOf(log, broker.wsUrl);
  await first.ready();
  const second = await open(log);
  const inbox = inboxOf(second, broker.wsUrl);
  const next = readWithNews(inbox, 1);
  await broker.kill();
  await log.close();
  await broker.restart();
  await expect.poll(() => second.status.inboxes[0]?.received).toBeGreaterThan(0);
  await publish('after');
  expect((await next).map(inWords)).toEqual([FORGOTTEN, 'after']);
});

test('no tab is ready before the broker knows the session again', async () => {
  const { broker, log, publish } = await scene();
  const subscriber = new MqttSubscriber('t', { url: broker.wsUrl, clientId: 'board', clean: false, ...quick });
  const inbox = log.inbox(subscriber, { name: 'board' });
  await inbox.ready();
  const other = inboxOf(await open(log), broker.wsUrl);
  await other.ready();
  await broker.kill();
  await expect.poll(() => subscriber.connection.state.status).not.toBe('connected');
  let ready = false;
  const becoming = other.ready().then(() => {
    ready = true;
  });
  for (let i = 0; i < 10; i++) await log.refresh();
  expect(ready).toBe(false);
  await broker.restart();
  await becoming;
  await publish('after');
  expect((await readWithNews(inbox, 1)).map(inWords)).toEqual([FORGOTTEN, 'after']);
});

test('nothing is told while the broker remembers, nor when it is asked for the first time', async () => {
  const { broker, log, publish } = await scene();
  const first = inboxOf(log, broker.wsUrl);
  await first.ready();
  await log.close();
  await publish('meanwhile');
  const next = inboxOf(await open(log), broker.wsUrl);
  expect((await readWithNews(next, 1)).map(inWords)).toEqual(['meanwhile']);
});

async function scene() {
  const broker = await startMosquitto({ persistence: false });
  const log = await freshLog();
  const publish = async (payload: string) => {
    await using publisher = new MqttPublisher({ url: broker.wsUrl, ...quick });
    await publisher.send('t', bytes(payload));
  };
  return { broker, log, publish };
}

function inboxOf(log: Log, url: string) {
  return log.inbox(new MqttSubscriber('t', { url, clientId: 'board', clean: false, ...quick }), { name: 'board' });
}

function inWords(message: Message | StreamError): string {
  return message instanceof StreamError ? `${message.code}: ${message.details.reason}` : text(message);
}
