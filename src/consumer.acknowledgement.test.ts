import { describe, expect, test } from 'vitest';
import { StreamConsumer } from './consumer.js';
import { END_OF_STREAM } from './events.js';
import { collect, stateOf } from './fixtures/promises.js';
import { batch, inline, stream, Wire } from './fixtures/wire.js';
import { StreamProducer } from './producer.js';
import { Queue, QueuePublisher, QueueSubscriber } from './shims/queue.js';

describe('asking for the next', () => {
  test('acknowledges the one before, not the one given', async () => {
    const messages = stream([1, 2]);
    const wire = new Wire().bring(...messages);
    const consumer = new StreamConsumer<number>(wire);
    await consumer.next();
    expect(wire.acknowledged).toEqual([]);
    await consumer.next();
    expect(wire.acknowledged).toEqual(messages.slice(0, 1));
    await consumer.next();
    expect(wire.acknowledged).toEqual(messages);
  });

  test('acknowledges a message only after its last event', async () => {
    const [several, last] = [batch([inline(1), inline(2), inline(3)]), batch([END_OF_STREAM], { seq: 1 })];
    const wire = new Wire().bring(several, last);
    const consumer = new StreamConsumer<number>(wire);
    for (let i = 0; i < 3; i++) await consumer.next();
    expect(wire.acknowledged).toEqual([]);
    await consumer.next();
    expect(wire.acknowledged).toEqual([several, last]);
  });

  test('acknowledges even while it waits', async () => {
    const [first] = stream([1]);
    const wire = new Wire().bring(first as ReturnType<typeof batch>);
    const consumer = new StreamConsumer<number>(wire);
    await consumer.next();
    const next = consumer.next();
    expect(await stateOf(next)).toBe('pending');
    expect(wire.acknowledged).toEqual([first]);
    await consumer.close();
  });

  test('acknowledges messages with nothing in them for anybody', async () => {
    const messages = [batch([]), batch([inline(1, { drop: true })], { seq: 1 }), batch([END_OF_STREAM], { seq: 2 })];
    const wire = new Wire().bring(...messages);
    expect(await collect(new StreamConsumer(wire, { filter: (m) => m.drop }))).toEqual([]);
    expect(wire.acknowledged).toEqual(messages);
  });
});

describe('a consumer that leaves its loop', () => {
  test.each<[string, (n: number) => unknown]>([
    ['with break', () => undefined],
    [
      'by throwing',
      () => {
        throw new Error('crash');
      },
    ],
  ])('%s leaves that message to come again, to itself', async (_how, crash) => {
    const wire = new Wire().bring(...stream([1, 2, 3]));
    const consumer = new StreamConsumer<number>(wire);
    const loop = async () => {
      for await (const n of consumer) {
        if (n !== 2) continue;
        crash(n);
        break;
      }
    };
    await loop().catch(() => {});
    expect(await collect(consumer)).toEqual([2, 3]);
    expect(consumer.stats).toMatchObject({ duplicates: 0, gaps: 0, missed: 0 });
  });

  test('leaves it to another consumer', async () => {
    const queue = new Queue();
    const producer = new StreamProducer<number>(new QueuePublisher(queue));
    for (const n of [1, 2, 3]) await producer.send('t', n);
    await producer.closeTopics('t');
    for await (const n of new StreamConsumer<number>(new QueueSubscriber(queue))) if (n === 2) break;
    expect(await collect(new StreamConsumer<number>(new QueueSubscriber(queue)))).toEqual([2, 3]);
    expect(queue.size).toBe(0);
  });

  test('sees a whole message again when it left in the middle of it', async () => {
    const wire = new Wire().bring(batch([inline(1), inline(2), inline(3), END_OF_STREAM]));
    const consumer = new StreamConsumer<number>(wire);
    for await (const n of consumer) if (n === 2) break;
    expect(wire.acknowledged).toEqual([]);
    expect(await collect(consumer)).toEqual([1, 2, 3]);
  });

  test.each(['iterWithMetadata', 'iterObjects', 'iterObjectsWithMetadata'] as const)('of %s does the same', async (iterate) => {
    const wire = new Wire().bring(...stream([1, 2]));
    const consumer = new StreamConsumer<number>(wire);
    for await (const _ of consumer[iterate]()) break;
    expect(await collect(consumer)).toEqual([1, 2]);
  });

  test('does not see again what it finished', async () => {
    const wire = new Wire().bring(...stream([1, 2]));
    const consumer = new StreamConsumer<number>(wire);
    expect(await collect(consumer)).toEqual([1, 2]);
    expect(
      await collect(new StreamConsumer<number>(wire, { endOfStream: 'never' }).iterObjects({ signal: AbortSignal.timeout(1) })).catch(
        () => [],
      ),
    ).toEqual([]);
    expect(wire.mailbox.size).toBe(0);
  });

  test('while a next is pending ends that with done and loses nothing', async () => {
    const wire = new Wire();
    const consumer = new StreamConsumer<number>(wire);
    const pending = [consumer.next(), consumer.next()];
    expect(await stateOf(pending[0] as Promise<unknown>)).toBe('pending');
    await consumer.return();
    expect(await Promise.all(pending)).toEqual(Array(2).fill({ done: true, value: undefined }));
    wire.bring(...stream([1]));
    expect(await collect(consumer)).toEqual([1]);
  });
});
