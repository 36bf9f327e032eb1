import { describe, expect, test } from 'vitest';
import { StreamConsumer } from './consumer.js';
import type { Delivery } from './delivery.js';
import { END_OF_STREAM, type EventBatch } from './events.js';
import { collect, turn } from './fixtures/promises.js';
import { batch, inline, stream, Wire } from './fixtures/wire.js';

async function take<T>(deliveries: AsyncIterator<Delivery<T>>, count: number): Promise<Delivery<T>[]> {
  const taken: Delivery<T>[] = [];
  for (let i = 0; i < count; i++) taken.push((await deliveries.next()).value as Delivery<T>);
  return taken;
}

describe('deliveries', () => {
  test('say topic, metadata and item', async () => {
    const wire = new Wire().bring(batch([inline(7, { a: 1 })], { topic: 'plant/7' }));
    const { value } = await new StreamConsumer<number>(wire).deliveries().next();
    expect(value).toMatchObject({ topic: 'plant/7', metadata: { a: 1 }, item: 7 });
    expect(value?.gap).toBeUndefined();
  });

  test('are acknowledged by nothing but ack', async () => {
    const messages = stream([1, 2, 3]);
    const wire = new Wire().bring(...messages);
    const [first] = await take(new StreamConsumer<number>(wire).deliveries(), 3);
    expect(wire.acknowledged).toEqual([]);
    first?.ack();
    expect(wire.acknowledged).toEqual(messages.slice(0, 1));
  });

  test('are acknowledged in whatever order, and the wire hears it in order', async () => {
    const messages = stream([0, 1, 2, 3], { ends: false });
    const wire = new Wire().bring(...messages);
    const taken = await take(new StreamConsumer<number>(wire).deliveries(), 4);
    const heard = [3, 1, 0, 2].map((n) => {
      taken[n]?.ack();
      return wire.acknowledged.length;
    });
    expect(heard).toEqual([0, 0, 2, 4]);
    expect(wire.acknowledged).toEqual(messages);
  });

  test('are acknowledged in order over several batches from the wire', async () => {
    const messages = stream([0, 1, 2], { ends: false });
    const wire = new Wire();
    const deliveries = new StreamConsumer<number>(wire).deliveries();
    const taken: Delivery<number>[] = [];
    for (const message of messages) {
      wire.bring(message);
      taken.push(...(await take(deliveries, 1)));
    }
    for (const n of [2, 1]) taken[n]?.ack();
    expect(wire.acknowledged).toEqual([]);
    taken[0]?.ack();
    expect(wire.acknowledged).toEqual(messages);
  });

  test('of one message count together', async () => {
    const message = batch([inline(1), inline(2), inline(3)]);
    const wire = new Wire().bring(message);
    const [one, two, three] = await take(new StreamConsumer<number>(wire).deliveries(), 3);
    three?.ack();
    one?.ack();
    one?.ack();
    expect(wire.acknowledged).toEqual([]);
    two?.ack();
    expect(wire.acknowledged).toEqual([message]);
  });

  test('that are not acknowledged when the loop is left come again, the others do not', async () => {
    const wire = new Wire().bring(...stream([1, 2, 3]));
    const consumer = new StreamConsumer<number>(wire);
    for await (const delivery of consumer.deliveries()) {
      if (delivery.item === 1) delivery.ack();
      if (delivery.item === 3) break;
    }
    expect(await collect(consumer)).toEqual([2, 3]);
  });

  test('acknowledged after the loop was left come again all the same', async () => {
    const wire = new Wire().bring(...stream([1, 2]));
    const consumer = new StreamConsumer<number>(wire);
    const taken: Delivery<number>[] = [];
    for await (const delivery of consumer.deliveries()) {
      taken.push(delivery);
      break;
    }
    taken[0]?.ack();
    expect(wire.acknowledged).toEqual([]);
    expect(await collect(consumer)).toEqual([1, 2]);
  });

  test('may be acknowledged after the end of the stream', async () => {
    const messages = [batch([inline(1)]), batch([inline(2), END_OF_STREAM], { seq: 1 })];
    const wire = new Wire().bring(...messages);
    const taken = await collect(new StreamConsumer<number>(wire).deliveries());
    expect(wire.acknowledged).toEqual([]);
    for (const delivery of taken) delivery.ack();
    expect(wire.acknowledged).toEqual(messages);
  });

  test('outstanding at the end of the stream come again once the consumer is closed', async () => {
    const wire = new Wire().bring(...stream([1, 2]));
    const consumer = new StreamConsumer<number>(wire);
    const [first] = await collect(consumer.deliveries());
    first?.ack();
    await consumer.close({ subscriber: false });
    expect(await collect(new StreamConsumer<number>(wire))).toEqual([2]);
  });

  test('give what lies behind the end to others once the last is acknowledged', async () => {
    const wire = new Wire().bring(...stream([1]), ...stream([2], { producer: 'b' }));
    const [only] = await collect(new StreamConsumer<number>(wire).deliveries());
    only?.ack();
    await turn();
    expect(await collect(new StreamConsumer<number>(wire))).toEqual([2]);
  });

  test('are not lost when the wire delivers their message again before they are acknowledged', async () => {
    const message = stream([1])[0] as EventBatch;
    const wire = new Wire().bring(message);
    const consumer = new StreamConsumer<number>(wire);
    const deliveries = consumer.deliveries();
    const [first] = await take(deliveries, 1);
    wire.mailbox.clear(); // the connection broke
    wire.bring(message, batch([inline(2)], { seq: 1 }));
    const [second] = await take(deliveries, 1);
    second?.ack();
    expect(consumer.stats.duplicates).toBe(1);
    expect(wire.acknowledged).toEqual([]);
    first?.ack();
    expect(wire.acknowledged).toHaveLength(2);
  });
});
