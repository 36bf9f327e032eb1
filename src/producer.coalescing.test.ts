import { describe, expect, test } from 'vitest';
import { stateOf, turn } from './fixtures/promises.js';
import { TestPublisher } from './fixtures/test-publisher.js';
import { StreamProducer } from './producer.js';

describe('without a batch size', () => {
  test('a single event leaves at once', async () => {
    const publisher = new TestPublisher();
    publisher.hold();
    void new StreamProducer<number>(publisher).send('t', 1);
    await turn();
    expect(publisher.attempts).toBe(1);
    publisher.release();
  });

  test('what is sent in one go leaves together', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    await Promise.all([1, 2, 3].map((n) => producer.send('t', n)));
    expect(publisher.messages()).toEqual([[1, 2, 3]]);
  });

  test('events gather while a publish is under way, leave as one batch, and settle together', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    publisher.hold();
    const first = producer.send('t', 1);
    await publisher.attempted(1);
    const later: Promise<void>[] = [];
    for (const n of [2, 3, 4]) {
      later.push(producer.send('t', n));
      await turn();
    }
    expect(publisher.attempts).toBe(1);
    expect(await Promise.all(later.map(stateOf))).toEqual(['pending', 'pending', 'pending']);
    publisher.release();
    await Promise.all([first, ...later]);
    expect(publisher.messages()).toEqual([[1], [2, 3, 4]]);
  });

  test('a topic does not wait for another', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    publisher.hold();
    const sends = [producer.send('t', 1), producer.send('u', 2)];
    await publisher.attempted(2);
    publisher.release();
    await Promise.all(sends);
    expect([publisher.messages('t'), publisher.messages('u')]).toEqual([[[1]], [[2]]]);
  });

  test('no message carries more than 1,024 events', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    await Promise.all(Array.from({ length: 5000 }, (_, i) => producer.send('t', i)));
    expect(publisher.contents()).toEqual(Array.from({ length: 5000 }, (_, i) => i));
    expect(Math.max(...publisher.messages().map((objects) => objects.length))).toBeLessThanOrEqual(1024);
  });

  test('no message of several events carries more bytes than the publisher asks for', async () => {
    const publisher = new TestPublisher({ batchBytes: 1100 });
    const producer = new StreamProducer<Uint8Array>(publisher);
    await Promise.all(Array.from({ length: 20 }, () => producer.send('t', new Uint8Array(300))));
    expect(publisher.messages().map((objects) => objects.length)).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
  });

  test('a publisher that takes several at once gets full batches meanwhile, in order', async () => {
    const publisher = new TestPublisher({ inFlight: 3, batchBytes: 1100 });
    const producer = new StreamProducer<Uint8Array>(publisher);
    publisher.hold();
    const sends = Array.from({ length: 12 }, (_, i) => producer.send('t', new Uint8Array(300).fill(i)));
    await publisher.attempted(3);
    await turn();
    expect(publisher.attempts).toBe(3);
    publisher.release();
    await Promise.all(sends);
    expect(publisher.contents().map((bytes) => (bytes as Uint8Array)[0])).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(publisher.batches.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('ten thousand sends that nobody awaits reach a slow publisher once each, in order, in few messages', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { highWaterMark: 2000 });
    publisher.hold();
    const sends = Array.from({ length: 10_000 }, (_, i) => producer.send('t', i));
    await publisher.attempted(1);
    expect(await stateOf(sends[9999] as Promise<void>)).toBe('pending');
    publisher.release();
    await Promise.all(sends);
    expect(publisher.contents()).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    expect(publisher.batches.length).toBeLessThan(100);
    expect(producer.stats).toMatchObject({ events: 10_000, batches: publisher.batches.length, dropped: 0, failures: 0 });
  });
});

describe('two producers on one topic', () => {
  test('number their batches each from 0 and have names of their own', async () => {
    const publisher = new TestPublisher();
    const [one, two] = [new StreamProducer<string>(publisher), new StreamProducer<string>(publisher)];
    for (const object of ['a', 'b']) {
      await one.send('t', object);
      await two.send('t', object);
    }
    const numbers = (id: string) => publisher.batches.filter(({ producer }) => producer === id).map(({ seq }) => seq);
    expect([numbers(one.id), numbers(two.id)]).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(one.id).toMatch(/^[0-9a-f]{32}$/);
    expect(one.id).not.toBe(two.id);
  });

  test('number each topic from 0', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher);
    for (const topic of ['t', 'u', 't']) await producer.send(topic, 'x');
    expect(publisher.batches.map(({ topic, seq }) => `${topic}${seq}`)).toEqual(['t0', 'u0', 't1']);
  });
});

describe('what is sent', () => {
  test('does not change when its metadata does, however deep', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { batchSize: 2 });
    const metadata = { place: 'here', at: { depth: [1, 2] } };
    await producer.send('t', 'a', { metadata });
    metadata.place = 'there';
    metadata.at.depth.push(3);
    await producer.flush();
    expect(publisher.batches[0]?.events[0]).toMatchObject({ metadata: { place: 'here', at: { depth: [1, 2] } } });
  });

  test('is refused alone when its metadata is not data', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher);
    const bad = producer.send('t', 'a', { metadata: { nested: { draw: () => {} } } });
    await Promise.all([expect(bad).rejects.toMatchObject({ code: 'not_encodable' }), producer.send('t', 'b')]);
    expect(publisher.contents()).toEqual(['b']);
  });

  test.each(['', 'a/+', 'a/#', 'nul\0'])('needs a topic that can be published to, not %j', async (topic) => {
    await expect(new StreamProducer(new TestPublisher()).send(topic, 1)).rejects.toThrow(TypeError);
  });
});
