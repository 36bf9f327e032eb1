import { describe, expect, test } from 'vitest';
import { StreamError } from './errors.js';
import { reasonOf, turn } from './fixtures/promises.js';
import { jsonCodec } from './json-codec.js';
import { StreamProducer } from './producer.js';
import type { Publisher, PublisherLimits } from './protocols.js';

/** Keeps the text of each message; refuses what it is shown and does not like. */
class TextPublisher implements Publisher {
  readonly codec = jsonCodec();
  readonly texts: string[] = [];
  refuse: (text: string) => unknown = () => undefined;
  underWay = 0;
  mostUnderWay = 0;
  constructor(readonly limits: PublisherLimits = {}) {}

  async send(_topic: string, message: Uint8Array): Promise<void> {
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    await turn();
    this.underWay--;
    const text = new TextDecoder().decode(message);
    const refusal = this.refuse(text);
    if (refusal !== undefined) throw refusal;
    this.texts.push(text);
  }
  async close(): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {}
}

describe('a producer whose codec writes one message per event', () => {
  test('sends them in order, and no more at once than the publisher takes', async () => {
    const publisher = new TextPublisher();
    const producer = new StreamProducer<number>(publisher);
    await Promise.all([1, 2, 3, 4].map((n) => producer.send('t', n)));
    expect(publisher.texts).toEqual(['1', '2', '3', '4']);
    expect(publisher.mostUnderWay).toBe(1);
  });

  test('sends as many at once as the publisher takes', async () => {
    const publisher = new TextPublisher({ inFlight: 3 });
    const producer = new StreamProducer<number>(publisher);
    await Promise.all([1, 2, 3, 4, 5, 6, 7].map((n) => producer.send('t', n)));
    expect(publisher.texts).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    expect(publisher.mostUnderWay).toBe(3);
  });

  test('goes on where it failed, in order, nothing twice', async () => {
    const publisher = new TextPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 4 });
    publisher.refuse = (text) => (text === '2' ? new Error('away') : undefined);
    const results = await Promise.allSettled([1, 2, 3, 4].map((n) => producer.send('t', n)));
    expect(results.at(-1)?.status).toBe('rejected');
    publisher.refuse = () => undefined;
    await producer.flush();
    expect(publisher.texts).toEqual(['1', '2', '3', '4']);
  });

  test('tells the sender alone whose event is too large, and sends the others once', async () => {
    const publisher = new TextPublisher();
    const producer = new StreamProducer<string>(publisher);
    publisher.refuse = (text) => (text.includes('large') ? new StreamError('too_large', 'large') : undefined);
    const results = await Promise.allSettled(['a', 'b', 'large', 'c', 'd'].map((object) => producer.send('t', object)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(publisher.texts).toEqual(['"a"', '"b"', '"c"', '"d"']);
  });

  test('publishes what was buffered before an end that its codec cannot say', async () => {
    const publisher = new TextPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 9 });
    await producer.send('t', 1);
    await producer.send('t', 2);
    expect(await reasonOf(producer.closeTopics('t'))).toMatchObject({ code: 'unsupported' });
    expect(publisher.texts).toEqual(['1', '2']);
  });

  test('publishes what was aggregated before an end that its codec cannot say', async () => {
    const publisher = new TextPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 9, aggregator: (all) => all.length });
    await producer.send('t', 1);
    await producer.send('t', 2);
    expect(await reasonOf(producer.closeTopics('t'))).toMatchObject({ code: 'unsupported' });
    expect(publisher.texts).toEqual(['2']);
  });

  test('ends a stream with the value that means it', async () => {
    const publisher = new TextPublisher();
    const producer = new StreamProducer<number>(publisher, { codec: jsonCodec({ endOfStream: { end: true } }) });
    await producer.send('t', 1);
    await producer.closeTopics('t');
    expect(publisher.texts).toEqual(['1', '{"end":true}']);
  });
});
