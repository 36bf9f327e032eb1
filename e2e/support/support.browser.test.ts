import mqtt from 'mqtt';
import { expect, inject, onTestFinished, test } from 'vitest';
import { startAedes, startFaultProxy, startMosquitto } from './browser.js';

test.each(['aedes', 'mosquitto'] as const)('a page reaches the %s of the run', async (name) => {
  const client = page(inject(name).wsUrl);
  await expect.poll(() => client.connected).toBe(true);
});

test.each([startAedes, startMosquitto])('a page sees a broker of its own die and come back', async (start) => {
  const broker = await start();
  const client = page(broker.wsUrl, 50);
  await expect.poll(() => client.connected).toBe(true);
  await broker.kill();
  await expect.poll(() => client.connected).toBe(false);
  await broker.restart();
  await expect.poll(() => client.connected, { timeout: 10_000 }).toBe(true);
});

test('a page loses its broker behind a fault proxy, and gets it back', async () => {
  const proxy = await startFaultProxy(inject('mosquitto').wsUrl);
  const client = page(proxy.url, 50);
  await expect.poll(() => client.connected).toBe(true);
  await proxy.set({ kind: 'refuse' });
  await expect.poll(() => client.connected).toBe(false);
  expect((await proxy.counts()).open).toBe(0);
  await proxy.set({ kind: 'pass' });
  await expect.poll(() => client.connected, { timeout: 10_000 }).toBe(true);
});

function page(url: string, reconnectPeriod = 0) {
  const client = mqtt.connect(url, { reconnectPeriod });
  client.on('error', () => {});
  onTestFinished(() => void client.end(true));
  return client;
}
