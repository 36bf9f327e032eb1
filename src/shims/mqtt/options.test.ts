import { expect, test } from 'vitest';
import { MqttConnection, MqttPublisher, type MqttPublisherOptions, MqttSubscriber, type MqttSubscriberOptions } from '../mqtt.js';

const url = 'ws://127.0.0.1:9/mqtt';

test.each([
  [{ url: 'http://broker' }, /ws:, wss:, mqtt: or mqtts:/],
  [{ url: 'broker' }, /./],
  [{ url, clean: false }, /clientId/],
  [{ url, protocolVersion: 3 }, /protocolVersion must be 4 or 5, not 3/],
  [{ url, keepalive: 0 }, /keepalive .* not 0/],
  [{ url, receiveMaximum: 70_000 }, /receiveMaximum .* 65535, not 70000/],
  [{ url, connectTimeoutMs: 1.5 }, /connectTimeoutMs/],
  [{ url, reconnect: { attempts: -1 } }, /attempts/],
  [{ url, inFlight: 0 }, /inFlight/],
  [{ url, whenOffline: 'drop' }, /whenOffline must be wait or reject, not drop/],
  [{ url, qos: 3 }, /qos must be 0 or 1, not 3/],
  [{ connection: {} }, /MqttConnection/],
] as const)('%o is a TypeError that names it', (options, message) => {
  expect(() => new MqttPublisher(options as MqttPublisherOptions)).toThrow(TypeError);
  expect(() => new MqttPublisher(options as MqttPublisherOptions)).toThrow(message);
});

test.each([
  ['a/#/b', {}],
  ['', {}],
  ['$share/group', {}],
  ['$share//a', {}],
  ['$share/g+/a', {}],
  ['a', { maxMessages: 0 }],
  ['a', { overflow: 'block' }],
])('a subscriber of %o with %o is a TypeError', (filter, options) => {
  expect(() => new MqttSubscriber(filter, { url, ...options } as MqttSubscriberOptions)).toThrow(TypeError);
});

test('QoS 2 is not supported, and says what is', () => {
  const code = expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('qos 1') });
  expect(() => new MqttPublisher({ url, qos: 2 } as never)).toThrow(code);
  expect(() => new MqttSubscriber('a', { url, qos: 2 } as never)).toThrow(code);
});

test('no options make a connection, and nothing is dialled before the first use', async () => {
  await using connection = new MqttConnection({ url });
  await using publisher = new MqttPublisher({ connection });
  await using subscriber = new MqttSubscriber('a', { connection });
  expect(connection.state).toEqual({ status: 'idle' });
  expect(publisher.limits).toEqual({ batchBytes: 3584, inFlight: 16 });
  expect(subscriber.competing).toBe(false);
  expect(connection.clientId.length).toBeLessThanOrEqual(23);
});

test('bad topics and messages reject', async () => {
  await using publisher = new MqttPublisher({ url });
  await expect(publisher.send('a/+', new Uint8Array())).rejects.toThrow(TypeError);
  await expect(publisher.send('', new Uint8Array())).rejects.toThrow(TypeError);
  await expect(publisher.send('a', 'text' as never)).rejects.toThrow(/Uint8Array/);
  await expect(publisher.send('a', new Uint8Array(), { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
  expect(publisher.connection.state.status).not.toBe('connected');
});

test('what is closed stays closed, and is closed twice without harm', async () => {
  const publisher = new MqttPublisher({ url });
  const subscriber = new MqttSubscriber('a', { url });
  const waiting = expect(publisher.send('a', new Uint8Array())).rejects.toMatchObject({ code: 'closed' });
  const reading = subscriber.batches()[Symbol.asyncIterator]().next();
  await Promise.all([publisher.close(), publisher.close(), subscriber.close(), subscriber.close()]);
  await waiting;
  expect(await reading).toEqual({ done: true, value: undefined });
  await expect(publisher.send('a', new Uint8Array())).rejects.toMatchObject({ code: 'closed' });
  await expect(subscriber.ready()).rejects.toMatchObject({ code: 'closed' });
  for await (const batch of subscriber.batches()) expect.unreachable(String(batch));
});
