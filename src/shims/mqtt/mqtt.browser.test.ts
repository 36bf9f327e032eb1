import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { startFaultProxy } from '../../../e2e/support/browser.js';
import { bytes, freshTopic, numbers, reaches, read, take } from '../../../e2e/support/mqtt-scene.js';
import { MqttPublisher, MqttSubscriber } from '../mqtt.js';

const quick = { reconnect: { minMs: 5, maxMs: 50 } };

describe.each(['mosquitto', 'aedes'] as const)('a page and %s', (broker) => {
  test('what is sent arrives in order', async () => {
    const topic = freshTopic();
    const url = inject(broker).wsUrl;
    await using subscriber = new MqttSubscriber(`${topic}/#`, { url });
    await using publisher = new MqttPublisher({ url });
    await subscriber.ready();
    await Promise.all(numbers(1000).map((n) => publisher.send(`${topic}/a`, bytes(n))));
    expect(await read(subscriber, 1000)).toEqual(numbers(1000));
    expect(subscriber.connection.state).toMatchObject({ protocol: broker === 'mosquitto' ? 5 : 4 });
  });

  test('a reset loses nothing and doubles nothing that is still held', async () => {
    const topic = freshTopic();
    const proxy = await startFaultProxy(inject(broker).wsUrl);
    await using subscriber = new MqttSubscriber(topic, { url: proxy.url, clientId: topic.slice(2, 22), clean: false, ...quick });
    await using publisher = new MqttPublisher({ url: inject(broker).wsUrl });
    await subscriber.ready();
    await Promise.all(numbers(10).map((n) => publisher.send(topic, bytes(n))));
    await expect.poll(() => subscriber.buffered).toBe(10);
    const batches = subscriber.batches({ max: 5 })[Symbol.asyncIterator]();
    const seen = take((await batches.next()).value);
    await proxy.set({ kind: 'refuse' });
    await reaches(subscriber.connection, 'waiting');
    take((await batches.next()).value, seen);
    await Promise.all(numbers(5, 10).map((n) => publisher.send(topic, bytes(n))));
    await proxy.set({ kind: 'pass' });
    while (seen.length < 15) take((await batches.next()).value, seen);
    expect(seen).toEqual(numbers(15));
  });

  test('a worker publishes too', async () => {
    const topic = freshTopic();
    const url = inject(broker).wsUrl;
    await using subscriber = new MqttSubscriber(topic, { url });
    await subscriber.ready();
    const worker = new Worker(new URL('../../../e2e/support/mqtt-worker.ts', import.meta.url), { type: 'module' });
    onTestFinished(() => worker.terminate());
    const done = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = reject;
    });
    worker.postMessage({ url, topic, texts: numbers(20) });
    expect(await read(subscriber, 20)).toEqual(numbers(20));
    expect(await done).toBe(20);
  });
});

test('a dead connection is noticed when the page wakes, long before the keepalive', async () => {
  const proxy = await startFaultProxy(inject('mosquitto').wsUrl);
  await using publisher = new MqttPublisher({ url: proxy.url, ...quick });
  await publisher.ready();
  await proxy.set({ kind: 'black-hole' });
  const noticed = reaches(publisher.connection, 'waiting');
  dispatchEvent(new Event('online'));
  expect((await noticed).error.code).toBe('timeout');
  await proxy.set({ kind: 'reset' });
  await proxy.set({ kind: 'pass' });
  await publisher.send('a', bytes(''));
});

test('a page cannot reach a broker but by WebSocket, and is told', () => {
  const unsupported = expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('ws:') });
  expect(() => new MqttPublisher({ url: 'mqtt://127.0.0.1:1883' })).toThrow(unsupported);
});

test('an address may be relative to the page', async () => {
  await using publisher = new MqttPublisher({ url: '/no-broker-here', connectTimeoutMs: 200, ...quick });
  const { error } = await waitingAfter(publisher);
  expect(error.details.url).toBe('/no-broker-here');
});

async function waitingAfter(publisher: MqttPublisher) {
  void publisher.send('a', bytes('')).catch(() => {});
  return reaches(publisher.connection, 'waiting');
}
