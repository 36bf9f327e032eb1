import { expect, inject, test } from 'vitest';
import { startFaultProxy, startMosquitto } from '../e2e/support/browser.js';
import { freshLog, open } from '../e2e/support/log-scene.js';
import { freshTopic } from '../e2e/support/mqtt-scene.js';
import { StreamConsumer } from './consumer.js';
import { StreamProducer } from './producer.js';
import { MqttPublisher, MqttSubscriber } from './shims/mqtt.js';

const numbers = Array.from({ length: 100 }, (_, n) => n);
const quick = { reconnect: { minMs: 5, maxMs: 50 } };

test('what is sent through an outbox is stored while the broker cannot be reached, and flushed once that has acknowledged it', async () => {
  const topic = freshTopic();
  const url = inject('mosquitto').wsUrl;
  const proxy = await startFaultProxy(url);
  await proxy.set({ kind: 'refuse' });
  const subscriber = new MqttSubscriber(topic, { url });
  await subscriber.ready();
  const log = await freshLog();
  const publisher = new MqttPublisher({ url: proxy.url, ...quick });
  await using producer = new StreamProducer<number>(log.outbox(publisher));
  for (const n of numbers) await producer.send(topic, n);
  let flushed = false;
  const flushing = producer.flush().then(() => {
    flushed = true;
  });
  // It tries to connect, and is refused.
  await expect.poll(() => publisher.connection.state.status).toBe('waiting');
  await log.refresh();
  expect([log.status.outbox.backlog > 0, flushed]).toEqual([true, false]);
  await proxy.set({ kind: 'pass' });
  await flushing;
  await log.refresh();
  expect(log.status.outbox).toEqual({ backlog: 0, deadLetters: 0 });
  expect(await read(subscriber, numbers.length)).toEqual(numbers);
});

test('flushing waits for a broker that has died to come back', async () => {
  const broker = await startMosquitto({ persistence: true });
  const session = { url: broker.wsUrl, clientId: 'board', clean: false, ...quick };
  const subscriber = new MqttSubscriber('t', session);
  await subscriber.ready();
  await subscriber.close();
  await broker.kill();
  const log = await freshLog();
  await using producer = new StreamProducer<number>(log.outbox(new MqttPublisher({ url: broker.wsUrl, ...quick })));
  for (const n of numbers) await producer.send('t', n);
  const late = new AbortController();
  const givenUp = producer.flush({ signal: late.signal });
  late.abort(new Error('late'));
  await expect(givenUp).rejects.toThrow('late');
  const flushing = producer.flush();
  await broker.restart();
  await flushing;
  expect(await read(new MqttSubscriber('t', session), numbers.length)).toEqual(numbers);
});

test('closing stores what is left and waits for no broker; the next one of that name sends it', async () => {
  const topic = freshTopic();
  const url = inject('mosquitto').wsUrl;
  const proxy = await startFaultProxy(url);
  await proxy.set({ kind: 'refuse' });
  const log = await freshLog();
  const producer = new StreamProducer<number>(log.outbox(new MqttPublisher({ url: proxy.url, ...quick })), { batchSize: 1000 });
  for (const n of numbers) await producer.send(topic, n);
  await producer.close();
  expect((await log.refresh()).outbox.backlog).toBe(1);
  const subscriber = new MqttSubscriber(topic, { url });
  await subscriber.ready();
  await using next = new StreamProducer<number>((await open(log)).outbox(new MqttPublisher({ url })));
  await next.flush();
  expect(await read(subscriber, numbers.length)).toEqual(numbers);
});

async function read(subscriber: MqttSubscriber, count: number): Promise<number[]> {
  await using consumer = new StreamConsumer<number>(subscriber);
  const seen: number[] = [];
  for await (const n of consumer) if (seen.push(n) === count) break;
  return seen;
}
