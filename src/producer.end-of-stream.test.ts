import { describe, expect, test, vi } from 'vitest';
import { TopicClosedError } from './errors.js';
import { deferred, reasonOf, stateOf } from './fixtures/promises.js';
import { TestPublisher } from './fixtures/test-publisher.js';
import { StreamProducer } from './producer.js';

describe('closeTopics', () => {
  test('publishes the partial batch and the end in one message', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 9 });
    await producer.send('t', 1);
    await producer.send('t', 2);
    await producer.closeTopics('t');
    expect(publisher.messages()).toEqual([[1, 2, 'end']]);
  });

  test('ends a topic that was never sent to', async () => {
    const publisher = new TestPublisher();
    await new StreamProducer(publisher).closeTopics('t', 'u');
    expect([publisher.messages('t'), publisher.messages('u')]).toEqual([[['end']], [['end']]]);
  });

  test('comes behind everything sent before it, awaited or not', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    publisher.hold();
    const work = [producer.send('t', 1), producer.send('t', 2)];
    await publisher.attempted(1);
    work.push(producer.send('t', 3), producer.closeTopics('t'));
    publisher.release();
    await Promise.all(work);
    expect(publisher.contents()).toEqual([1, 2, 3, 'end']);
  });

  test('comes behind events that an asynchronous filter still looks at', async () => {
    const publisher = new TestPublisher();
    const verdict = deferred<boolean>();
    const producer = new StreamProducer<number>(publisher, { filter: () => verdict.promise });
    const work = [producer.send('t', 1), producer.closeTopics('t')];
    expect(await stateOf(work[1] as Promise<void>)).toBe('pending');
    verdict.resolve(false);
    await Promise.all(work);
    expect(publisher.contents()).toEqual([1, 'end']);
  });

  test('publishes one end, however often and in whatever way it is asked for', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    await Promise.all([producer.closeTopics('t'), producer.closeTopics('t', 't'), producer.flush()]);
    await producer.flushTopic('t');
    await producer.closeTopics('t');
    await producer.flush();
    await producer.close({ topics: ['t'] });
    expect(publisher.contents()).toEqual(['end']);
  });

  test('leaves other topics open', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    await producer.closeTopics('t');
    await producer.send('u', 1);
    expect(publisher.contents('u')).toEqual([1]);
  });

  test('that fails is done by the next one, once', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    publisher.failure = new Error('away');
    await expect(producer.closeTopics('t')).rejects.toThrow('away');
    publisher.failure = undefined;
    await producer.closeTopics('t');
    await producer.flush();
    expect(publisher.contents()).toEqual(['end']);
  });

  test('that found no room is done by the next one, once', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { highWaterMark: 1 });
    publisher.failure = new Error('away');
    await Promise.allSettled([producer.send('t', 1), producer.closeTopics('t')]);
    publisher.failure = undefined;
    await producer.closeTopics('t');
    await producer.flush();
    expect(publisher.contents()).toEqual([1, 'end']);
  });

  test.each(['', 'a/+'])('refuses a topic like %j', async (topic) => {
    await expect(new StreamProducer(new TestPublisher()).closeTopics(topic)).rejects.toThrow(TypeError);
  });
});

describe('a closed topic', () => {
  test('takes no more events, and asks neither filter nor publisher', async () => {
    const publisher = new TestPublisher();
    const filter = vi.fn(() => false);
    const producer = new StreamProducer<number>(publisher, { filter });
    await producer.closeTopics('t');
    const error = await reasonOf(producer.send('t', 1));
    expect(error).toBeInstanceOf(TopicClosedError);
    expect(error).toMatchObject({ code: 'topic_closed', retryable: false, details: { topic: 't' } });
    expect(filter).not.toHaveBeenCalled();
    expect(publisher.contents()).toEqual(['end']);
  });

  test('is closed from the moment that its end is asked for', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    const closing = producer.closeTopics('t');
    await expect(producer.send('t', 1)).rejects.toBeInstanceOf(TopicClosedError);
    await closing;
    expect(publisher.contents()).toEqual(['end']);
  });
});
