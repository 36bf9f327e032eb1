import { describe, expect, inject, test } from 'vitest';
import { bytes, freshTopic, numbers, reaches, read } from '../../../e2e/support/mqtt-scene.js';
import { MqttConnection, MqttPublisher, MqttSubscriber } from '../mqtt.js';

const MIB = 2 ** 20;
const wires = [
  { name: 'Mosquitto, MQTT 5, TCP', protocol: 5, largest: MIB, options: { url: inject('mosquitto').tcpUrl } },
  // Mosquitto 2.0 sends 4 KiB each 100 ms to a WebSocket client that is silent meanwhile.
  { name: 'Mosquitto, MQTT 5, WebSocket', protocol: 5, largest: 65_536, options: { url: inject('mosquitto').wsUrl } },
  { name: 'Mosquitto, MQTT 3.1.1, TCP', protocol: 4, largest: MIB, options: { url: inject('mosquitto').tcpUrl, protocolVersion: 4 } },
  { name: 'Aedes, WebSocket', protocol: 4, largest: MIB, options: { url: inject('aedes').wsUrl } },
] as const;

describe.each(wires)('$name', ({ options, protocol, largest }) => {
  test('what is sent arrives, byte by byte and in order, also when it was sent before anything was connected', async () => {
    const topic = freshTopic();
    await using subscriber = new MqttSubscriber(`${topic}/+`, options);
    await using publisher = new MqttPublisher(options);
    await subscriber.ready();
    await Promise.all(numbers(100).map((n) => publisher.send(`${topic}/a`, bytes(n))));
    expect(await read(subscriber, 100)).toEqual(numbers(100));
    expect(publisher.published).toBe(100);
    expect(publisher.connection.state).toEqual({ status: 'connected', protocol, sessionPresent: false });
  });

  test('10,000 messages arrive in order', async () => {
    const topic = freshTopic();
    await using subscriber = new MqttSubscriber(topic, options);
    await using publisher = new MqttPublisher(options);
    await subscriber.ready();
    const reading = read(subscriber, 10_000);
    await Promise.all(numbers(10_000).map((n) => publisher.send(topic, bytes(n))));
    expect(await reading).toEqual(numbers(10_000));
  });

  test('empty payloads, one byte, large ones and views arrive exactly, and changing them after send() changes nothing', async () => {
    const topic = freshTopic();
    await using subscriber = new MqttSubscriber(topic, options);
    await using publisher = new MqttPublisher(options);
    await subscriber.ready();
    const large = crypto.getRandomValues(new Uint8Array(65_536));
    const payloads = [new Uint8Array(), large.slice(7, 8), large.slice(), large.subarray(100, 200), new Uint8Array(largest).fill(7)];
    const copies = payloads.map((payload) => payload.slice());
    const sent = payloads.map((payload) => publisher.send(topic, payload));
    large.fill(0);
    for (const payload of payloads) payload.fill(0);
    await Promise.all(sent);
    const received: Uint8Array[] = [];
    for await (const payload of subscriber) {
      received.push(payload);
      if (received.length === copies.length) break;
    }
    expect(received.map((payload) => Buffer.from(payload).equals(copies[received.indexOf(payload)] as Uint8Array))).toEqual(
      copies.map(() => true),
    );
    expect(received.every((payload) => Object.getPrototypeOf(payload) === Uint8Array.prototype)).toBe(true);
  });

  test('QoS 0 carries a burst', async () => {
    const topic = freshTopic();
    await using subscriber = new MqttSubscriber(topic, { ...options, qos: 0 });
    await using publisher = new MqttPublisher({ ...options, qos: 0 });
    await subscriber.ready();
    await Promise.all(numbers(500).map((n) => publisher.send(topic, bytes(n))));
    expect(await read(subscriber, 500)).toEqual(numbers(500));
  });

  test('one connection serves a publisher and subscribers with overlapping filters, each message once to each', async () => {
    const topic = freshTopic();
    await using connection = new MqttConnection(options);
    const filters = [`${topic}/+`, `${topic}/a`, `${topic}/#`, `${topic}/a`, `${topic}/b`];
    const subscribers = filters.map((filter) => new MqttSubscriber(filter, { connection }));
    const publisher = new MqttPublisher({ connection });
    await Promise.all(subscribers.map((subscriber) => subscriber.ready()));
    for (const n of numbers(20)) await publisher.send(`${topic}/a`, bytes(n));
    for (const subscriber of subscribers.slice(0, 4)) expect(await read(subscriber, 20)).toEqual(numbers(20));
    await publisher.send(`${topic}/b`, bytes('b'));
    for (const i of [0, 2, 4]) expect(await read(subscribers[i] as MqttSubscriber, 1)).toEqual(['b']);
    expect(subscribers.map(({ buffered }) => buffered)).toEqual([0, 0, 0, 0, 0]);
  });

  test('closing the last user closes a connection of their own; one that was given stays open', async () => {
    const publisher = new MqttPublisher(options);
    const subscriber = new MqttSubscriber(freshTopic(), { connection: publisher.connection });
    await Promise.all([publisher.ready(), subscriber.ready()]);
    await publisher.close();
    expect(publisher.connection.state.status).toBe('connected');
    await subscriber.close();
    expect(publisher.connection.state.status).toBe('closed');

    await using connection = new MqttConnection(options);
    const guest = new MqttPublisher({ connection });
    await guest.ready();
    await guest.close();
    expect(connection.state.status).toBe('connected');
    await expect(guest.send('a', bytes(''))).rejects.toMatchObject({ code: 'closed' });
  });

  test('a listener hears each state once, until it is taken back', async () => {
    const connection = new MqttConnection(options);
    const heard: string[] = [];
    const stop = connection.onState(({ status }) => heard.push(status));
    expect(connection.state).toEqual({ status: 'idle' });
    const publisher = new MqttPublisher({ connection });
    await publisher.ready();
    stop();
    await connection.close();
    expect(heard.at(0)).toBe('connecting');
    expect(heard.at(-1)).toBe('connected');
    await reaches(connection, 'closed');
  });
});
