import { existsSync } from 'node:fs';
import { connect, connectAsync, type MqttClient, type MqttClientEventCallbacks } from 'mqtt';
import { describe, expect, test } from 'vitest';
import { startAedes, startMosquitto } from './index.js';

const START = { aedes: () => startAedes(), mosquitto: () => startMosquitto() };

describe.each(['aedes', 'mosquitto'] as const)('%s', (name) => {
  test('carries a message from TCP to WebSocket', async () => {
    await using broker = await START[name]();
    const page = await connectAsync(broker.wsUrl, { reconnectPeriod: 0 });
    const device = await connectAsync(broker.tcpUrl, { reconnectPeriod: 0 });
    await page.subscribeAsync('a/+', { qos: 1 });
    const arrived = next(page, 'message');
    await device.publishAsync('a/b', 'hello', { qos: 1 });
    const [topic, payload] = await arrived;
    expect([topic, String(payload)]).toEqual(['a/b', 'hello']);
    await Promise.all([page.endAsync(true), device.endAsync(true)]);
  });

  test('killed, it drops its clients and lets nobody in; restarted, it is back on the same ports', async () => {
    await using broker = await START[name]();
    const client = await connectAsync(broker.wsUrl, { reconnectPeriod: 0 });
    client.on('error', () => {});
    const dropped = next(client, 'close');
    await broker.kill();
    await dropped;
    await expect(connectAsync(broker.tcpUrl, { reconnectPeriod: 0 }, false)).rejects.toThrow();
    await broker.restart();
    const again = await connectAsync(broker.wsUrl, { reconnectPeriod: 0 });
    expect(again.connected).toBe(true);
    await again.endAsync(true);
  });
});

describe('mosquitto', () => {
  test('with persistence, a session and its queue outlive a kill', async () => {
    await using broker = await startMosquitto({ persistence: true });
    const sleeper = { clientId: 'sleeper', clean: false, reconnectPeriod: 0 };
    const first = await connectAsync(broker.tcpUrl, sleeper);
    await first.subscribeAsync('a', { qos: 1 });
    await first.endAsync();
    const device = await connectAsync(broker.tcpUrl, { reconnectPeriod: 0 });
    device.on('error', () => {});
    for (const text of ['1', '2', '3']) await device.publishAsync('a', text, { qos: 1 });
    await device.endAsync();
    await broker.kill();
    await broker.restart();

    const back = connect(broker.tcpUrl, sleeper);
    const got: string[] = [];
    back.on('message', (_topic, payload) => got.push(String(payload)));
    await expect.poll(() => got).toEqual(['1', '2', '3']);
    await back.endAsync(true);
  });

  test('knows its users and what they may do', async () => {
    await using broker = await startMosquitto({ users: { alice: 'secret' }, acl: 'user alice\ntopic read a' });
    const options = { reconnectPeriod: 0, protocolVersion: 5 } as const;
    await expect(connectAsync(broker.tcpUrl, { ...options, username: 'alice', password: 'wrong' }, false)).rejects.toMatchObject({
      code: 135,
    });
    const alice = await connectAsync(broker.tcpUrl, { ...options, username: 'alice', password: 'secret' });
    await expect(alice.publishAsync('a', 'x', { qos: 1 })).rejects.toMatchObject({ code: 135 });
    await alice.endAsync(true);
  });

  test('announces its largest packet', async () => {
    await using broker = await startMosquitto({ maxPacketSize: 2000 });
    const client = connect(broker.tcpUrl, { reconnectPeriod: 0, protocolVersion: 5 });
    const [connack] = await next(client, 'connect');
    expect(connack.properties?.maximumPacketSize).toBe(2000);
    await client.endAsync(true);
  });

  test('says in its own words why it did not start', async () => {
    await expect(startMosquitto({ config: ['no_such_option true'] })).rejects.toThrow(/no_such_option/);
  });

  test('stopped, leaves nothing behind', async () => {
    const broker = await startMosquitto({ persistence: true });
    await broker.stop();
    await broker.stop();
    expect(existsSync(broker.folder)).toBe(false);
  });
});

function next<E extends keyof MqttClientEventCallbacks>(client: MqttClient, event: E): Promise<Parameters<MqttClientEventCallbacks[E]>> {
  return new Promise((resolve) =>
    client.once(event, ((...values: Parameters<MqttClientEventCallbacks[E]>) => resolve(values)) as MqttClientEventCallbacks[E]),
  );
}
