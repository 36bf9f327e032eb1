/** Holds mqtt.js to what the shim relies on beyond its public face. When this fails after an update of mqtt.js, `link.ts` is the file to change. */
import { readFileSync } from 'node:fs';
import mqtt, { type IPublishPacket } from 'mqtt';
import { expect, inject, onTestFinished, test } from 'vitest';
import { bytes, freshTopic, numbers, text } from '../../../e2e/support/mqtt-scene.js';
import { Link, type LinkEvents } from './link.js';
import { Publish } from './publish.js';

test('mqtt.js is pinned to the version that these tests have seen', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };
  expect(dependencies.mqtt).toBe(mqtt.MqttClient.VERSION);
});

test.each([4, 5] as const)('a received publish gets its PUBACK when it is asked for, and only then (MQTT %i)', async (protocol) => {
  const topic = freshTopic();
  const received: IPublishPacket[] = [];
  const acked: number[] = [];
  const clientId = topic.slice(2, 22);
  const receiver = await dial({ protocol, clientId, clean: false, keepalive: 1 }, { onPublish: (packet) => received.push(packet) });
  const sender = await dial({ protocol }, { onPuback: (id) => acked.push(id) });
  await new Promise<void>((resolve) =>
    receiver.request({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 1 }] } as never, () => resolve()),
  );
  for (const n of numbers(5)) sender.publish(numbered(topic, n), false);
  await expect.poll(() => received.length).toBe(5);
  expect(acked).toEqual([1, 2, 3, 4, 5]);

  for (const { messageId } of received.splice(0, 2)) receiver.puback(messageId as number);
  const unacknowledged = received.splice(0).map(({ messageId }) => messageId);
  await receiver.leave();
  const again = await dial({ protocol, clientId, clean: false }, { onPublish: (packet) => received.push(packet) });
  await expect.poll(() => received.length).toBe(3);
  expect(received.map(({ payload }) => text(payload as Uint8Array))).toEqual(['2', '3', '4']);
  expect(received.map(({ messageId }) => messageId)).toEqual(unacknowledged);
  await again.leave();
  await expect(again.ended).resolves.toEqual({ how: 'left' });
});

test('messages that follow the broker’s welcome in one go come after onSession, also before packets can be sent', async () => {
  const topic = freshTopic();
  const clientId = topic.slice(2, 22);
  const first = await dial({ clientId, clean: false });
  await new Promise<void>((resolve) =>
    first.request({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 1 }] } as never, () => resolve()),
  );
  await first.leave();
  const acked: number[] = [];
  const sender = await dial({}, { onPuback: (id) => acked.push(id) });
  for (const n of numbers(3)) sender.publish(numbered(topic, n), false);
  await expect.poll(() => acked.length).toBe(3);

  const events: string[] = [];
  await dial(
    { clientId, clean: false },
    { onSession: (present) => events.push(`session ${present}`), onPublish: ({ payload }) => events.push(text(payload as Uint8Array)) },
  );
  await expect.poll(() => events).toEqual(['session true', '0', '1', '2']);
});

test('a probe that is answered changes nothing', async () => {
  const link = await dial({});
  let over = false;
  link.ended.then(() => {
    over = true;
  });
  link.probe(1000);
  await new Promise<void>((resolve) =>
    link.request({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 1 }] } as never, () => resolve()),
  );
  expect(over).toBe(false);
});

test('an address that cannot be dialled ends the link, not the program', async () => {
  const link = new Link(
    {
      connect: () => {
        throw new Error('insecure');
      },
    },
    { url: 'ws://127.0.0.1', receiveMaximum: 1, protocol: 5, login: undefined },
    events({}),
  );
  expect(await link.opened).toBeUndefined();
  expect(await link.ended).toMatchObject({ how: 'unanswered', cause: { message: 'insecure' } });
});

async function dial(options: Partial<ConstructorParameters<typeof Link>[1]>, own: Partial<LinkEvents> = {}): Promise<Link> {
  const link = new Link(
    mqtt,
    { url: inject('mosquitto').tcpUrl, receiveMaximum: 256, protocol: 5, login: undefined, ...options },
    events(own),
  );
  onTestFinished(() => link.end({ how: 'left' }));
  expect(await link.opened).toBeDefined();
  return link;
}

function events(own: Partial<LinkEvents>): LinkEvents {
  return { onSession: () => {}, onPublish: () => {}, onPuback: () => {}, ...own };
}

function numbered(topic: string, n: string): Publish {
  const publish = new Publish(topic, bytes(n), 1);
  publish.id = Number(n) + 1;
  return publish;
}
