import mqtt from 'mqtt';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { startAedes, startFaultProxy } from '../../../e2e/support/index.js';
import { bytes, freshTopic, numbers, reaches, read, readUntil, take } from '../../../e2e/support/mqtt-scene.js';
import { MqttPublisher, MqttSubscriber } from '../mqtt.js';

describe('acknowledging by asking for more', () => {
  test('the broker stops at receiveMaximum messages not yet acknowledged, and goes on as they are', async () => {
    const topic = freshTopic();
    const { tcpUrl: url } = inject('mosquitto');
    await using subscriber = new MqttSubscriber(topic, { url, receiveMaximum: 5 });
    await using publisher = new MqttPublisher({ url });
    await subscriber.ready();
    const batches = subscriber.batches({ max: 5 })[Symbol.asyncIterator]();
    await Promise.all(numbers(12).map((n) => publisher.send(topic, bytes(n))));
    await settled(() => subscriber.buffered, 5);
    expect(take((await batches.next()).value)).toEqual(numbers(5));
    await publisher.send(topic, bytes('12'));
    expect(subscriber.buffered).toBe(5);
    const rest: string[] = [];
    while (rest.length < 8) take((await batches.next()).value, rest);
    expect(rest).toEqual(numbers(8, 5));
  });

  test.each([
    { name: 'Mosquitto, MQTT 5', options: { url: inject('mosquitto').tcpUrl } },
    { name: 'Mosquitto, MQTT 3.1.1', options: { url: inject('mosquitto').tcpUrl, protocolVersion: 4 as const } },
    { name: 'Aedes', options: { url: inject('aedes').wsUrl } },
  ])('what a consumer had not finished when it died goes to the next one ($name)', async ({ options }) => {
    const topic = freshTopic();
    const session = { ...options, clientId: topic.slice(2, 20), clean: false };
    const first = new MqttSubscriber(topic, session);
    await using publisher = new MqttPublisher(options);
    await first.ready();
    await Promise.all(numbers(6).map((n) => publisher.send(topic, bytes(n))));
    await settled(() => first.buffered, 6);
    expect(await read(first, 2)).toHaveLength(6);
    await Promise.all(numbers(4, 6).map((n) => publisher.send(topic, bytes(n))));
    for await (const batch of first.batches({ max: 1 })) if (take(batch).includes('7')) break;
    await first.close();
    await publisher.send(topic, bytes('10'));

    await using second = new MqttSubscriber(topic, session);
    expect(await read(second, 4)).toEqual(['7', '8', '9', '10']);
    expect(second.connection.state).toMatchObject({ sessionPresent: true });
  });

  test.each([
    { name: 'Mosquitto, MQTT 5', broker: 'mosquitto' as const },
    { name: 'Aedes', broker: 'aedes' as const },
  ])('after a reset nobody gets twice what waits or is held, and everything that followed ($name)', async ({ broker }) => {
    const topic = freshTopic();
    const { tcpUrl: url } = inject(broker);
    await using proxy = await startFaultProxy(url);
    await using subscriber = new MqttSubscriber(topic, {
      url: proxy.url,
      clientId: topic.slice(2, 20),
      clean: false,
      reconnect: { minMs: 1 },
    });
    await using publisher = new MqttPublisher({ url });
    await subscriber.ready();
    await Promise.all(numbers(10).map((n) => publisher.send(topic, bytes(n))));
    await settled(() => subscriber.buffered, 10);
    const batches = subscriber.batches({ max: 4 })[Symbol.asyncIterator]();
    const seen = take((await batches.next()).value);

    await proxy.set({ kind: 'refuse' });
    await reaches(subscriber.connection, 'waiting');
    take((await batches.next()).value, seen);
    await Promise.all(numbers(5, 10).map((n) => publisher.send(topic, bytes(n))));
    await proxy.set({ kind: 'pass' });
    while (seen.length < 15) take((await batches.next()).value, seen);
    expect(seen).toEqual(numbers(15));
    await publisher.send(topic, bytes('last'));
    expect(take((await batches.next()).value)).toEqual(['last']);
  });

  test('on MQTT 3.1.1 a persistent session that overflows loses nothing and keeps the order', async () => {
    await using broker = await startAedes();
    const topic = freshTopic();
    await using subscriber = new MqttSubscriber(topic, {
      url: broker.tcpUrl,
      clientId: 'slow',
      clean: false,
      maxMessages: 10,
      reconnect: { minMs: 1 },
    });
    await using publisher = new MqttPublisher({ url: broker.tcpUrl, inFlight: 100 });
    await subscriber.ready();
    await Promise.all(numbers(95).map((n) => publisher.send(topic, bytes(n))));
    await settled(() => subscriber.buffered, 10);
    expect(await read(subscriber, 95)).toEqual(numbers(95));
    expect(subscriber.dropped).toBe(0);
  });

  test('on MQTT 3.1.1 a clean session that overflows drops by its policy, counts, and shows a gap', async () => {
    const topic = freshTopic();
    const { wsUrl: url } = inject('aedes');
    await using oldest = new MqttSubscriber(topic, { url, maxMessages: 10, overflow: 'drop-oldest' });
    await using newest = new MqttSubscriber(topic, { url, maxMessages: 10, overflow: 'drop-newest' });
    await using publisher = new MqttPublisher({ url });
    await Promise.all([oldest.ready(), newest.ready()]);
    await Promise.all(numbers(30).map((n) => publisher.send(topic, bytes(n))));
    // Both have seen all of it before either is read: what is read makes room.
    for (const subscriber of [oldest, newest]) await settled(() => subscriber.dropped, 20);
    expect(await read(newest, 11)).toEqual([...numbers(10), '!gap overflow']);
    const [news, ...left] = await readUntil(oldest, '29');
    expect(news).toBe('!gap overflow');
    expect(left).toEqual(numbers(10, 20));
    await publisher.send(topic, bytes('after'));
    for (const subscriber of [oldest, newest]) expect(await read(subscriber, 1)).toEqual(['after']);
  });

  test('an overflow under the policy "error" ends the iteration with it, after what was kept', async () => {
    const topic = freshTopic();
    const { wsUrl: url } = inject('aedes');
    await using subscriber = new MqttSubscriber(topic, { url, qos: 0, maxMessages: 2 });
    await using publisher = new MqttPublisher({ url });
    await subscriber.ready();
    for (const n of numbers(4)) await publisher.send(topic, bytes(n));
    await settled(() => subscriber.dropped, 1);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const batch of subscriber.batches()) take(batch, seen);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'overflow' });
    expect(seen).toEqual(['0', '1']);
  });

  test('a retained message comes with a new subscription, and not again with every return to it', async () => {
    const topic = freshTopic();
    const { tcpUrl: url } = inject('mosquitto');
    const station = await mqtt.connectAsync(url);
    onTestFinished(() => station.endAsync(true));
    await station.publishAsync(topic, 'retained', { qos: 1, retain: true });
    const session = { url, clientId: topic.slice(2, 22), clean: false };
    const first = new MqttSubscriber(topic, session);
    expect(await read(first, 1)).toEqual(['retained']);
    await first.close();
    await using second = new MqttSubscriber(topic, session);
    await second.ready();
    await station.publishAsync(topic, 'next', { qos: 1 });
    expect(await read(second, 1)).toEqual(['next']);
  });

  test('members of a shared subscription share the messages out, also on one connection', async () => {
    const topic = freshTopic();
    const { tcpUrl: url } = inject('mosquitto');
    const members = [0, 1].map(() => new MqttSubscriber(`$share/crew/${topic}/+`, { url }));
    await using publisher = new MqttPublisher({ url });
    members.push(new MqttSubscriber(`$share/crew/${topic}/+`, { connection: (members[0] as MqttSubscriber).connection }));
    await Promise.all(members.map((member) => member.ready()));
    await Promise.all(numbers(30).map((n) => publisher.send(`${topic}/a`, bytes(n))));
    await settled(() => members.reduce((sum, { buffered }) => sum + buffered, 0), 30);
    expect(members.every(({ buffered, competing }) => buffered > 0 && competing)).toBe(true);
    await Promise.all(members.map((member) => member.close()));
  });

  test('content type and user properties travel on MQTT 5', async () => {
    const topic = freshTopic();
    const { tcpUrl: url } = inject('mosquitto');
    await using subscriber = new MqttSubscriber(topic, { url });
    await using publisher = new MqttPublisher({ url, contentType: 'application/json', userProperties: { unit: 'C', tag: ['a', 'b'] } });
    await subscriber.ready();
    await publisher.send(topic, bytes('{}'));
    for await (const { messages } of subscriber.batches()) {
      expect(messages).toEqual([
        { topic, payload: bytes('{}'), properties: { contentType: 'application/json', userProperties: { unit: 'C', tag: ['a', 'b'] } } },
      ]);
      break;
    }
  });
});

/** Waits until it is so; the test's own time limit ends the wait. */
async function settled(actual: () => number, wanted: number): Promise<void> {
  await expect.poll(actual, { timeout: 15_000, interval: 5 }).toBe(wanted);
}
