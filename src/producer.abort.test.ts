import { describe, expect, test } from 'vitest';
import { MemoryStore } from './fixtures/memory-store.js';
import { deferred, stateOf, turn } from './fixtures/promises.js';
import { TestPublisher } from './fixtures/test-publisher.js';
import { StreamProducer } from './producer.js';

describe('a send that is aborted', () => {
  test('beforehand rejects with the reason and sends nothing', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    await expect(producer.send('t', 1, { signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
    await producer.flush();
    expect(publisher.attempts).toBe(0);
  });

  test('while it waits for room leaves the line, and those behind it move up', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { highWaterMark: 1 });
    const control = new AbortController();
    publisher.hold();
    const first = producer.send('t', 1);
    const second = producer.send('t', 2, { signal: control.signal });
    const third = producer.send('t', 3);
    await publisher.attempted(1);
    control.abort('enough');
    await expect(second).rejects.toBe('enough');
    publisher.release();
    await Promise.all([first, third]);
    expect(publisher.contents()).toEqual([1, 3]);
  });

  test('while the filter looks at it rejects at once and is never published', async () => {
    const publisher = new TestPublisher();
    const verdict = deferred<boolean>();
    const producer = new StreamProducer<number>(publisher, { batchSize: 2, filter: (m) => m.slow && verdict.promise });
    const control = new AbortController();
    const sending = producer.send('t', 1, { metadata: { slow: true }, signal: control.signal });
    await turn();
    control.abort('enough');
    await expect(sending).rejects.toBe('enough');
    verdict.resolve(false);
    await producer.send('t', 2, { metadata: { slow: false } });
    await producer.flush();
    expect(publisher.contents()).toEqual([2]);
  });

  test('while it is in line comes back, and the others of its batch go', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    const control = new AbortController();
    publisher.hold();
    const sends = [producer.send('t', 1)];
    await publisher.attempted(1);
    const second = producer.send('t', 2, { signal: control.signal });
    sends.push(producer.send('t', 3));
    control.abort('enough');
    await expect(second).rejects.toBe('enough');
    publisher.release();
    await Promise.all(sends);
    expect(publisher.contents()).toEqual([1, 3]);
  });

  test('while it is alone in line leaves nothing to publish', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    const control = new AbortController();
    publisher.hold();
    const first = producer.send('t', 1);
    await publisher.attempted(1);
    const second = producer.send('t', 2, { signal: control.signal });
    control.abort('enough');
    await expect(second).rejects.toBe('enough');
    publisher.release();
    await first;
    await producer.flush();
    expect(publisher.messages()).toEqual([[1]]);
  });

  test('while it is alone in line lets the end of the stream in that waits for room', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { highWaterMark: 2 });
    const control = new AbortController();
    publisher.hold();
    const first = producer.send('t', 1);
    await publisher.attempted(1);
    const second = producer.send('t', 2, { signal: control.signal });
    const closing = producer.closeTopics('t');
    control.abort('enough');
    await expect(second).rejects.toBe('enough');
    publisher.release();
    await Promise.all([first, closing]);
    expect(publisher.contents()).toEqual([1, 'end']);
  });

  test('while its object is being stored ends the wait only: it is published, and nothing is left over', async () => {
    const store = new MemoryStore();
    const stored = deferred();
    store.gate = stored.promise;
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { defaultStore: store });
    const control = new AbortController();
    const sending = producer.send('t', 1, { signal: control.signal });
    await turn();
    control.abort('enough');
    await expect(sending).rejects.toBe('enough');
    stored.resolve();
    await producer.flush();
    expect(publisher.contents()).toEqual([...store.objects.keys()]);
  });

  test('on the wire ends the wait only', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    const control = new AbortController();
    publisher.hold();
    const sending = producer.send('t', 1, { signal: control.signal });
    await publisher.attempted(1);
    control.abort('enough');
    await expect(sending).rejects.toBe('enough');
    publisher.release();
    await producer.flush();
    expect(publisher.contents()).toEqual([1]);
  });

  test('after it was published changes nothing', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    const control = new AbortController();
    await producer.send('t', 1, { signal: control.signal });
    control.abort('enough');
    await producer.flush();
    expect(publisher.contents()).toEqual([1]);
  });

  test('between two failed attempts is not tried a third time', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { highWaterMark: 1 });
    publisher.hold();
    const control = new AbortController();
    const first = producer.send('t', 1);
    const waiting = producer.send('t', 2, { signal: control.signal });
    await publisher.attempted(1);
    control.abort('enough');
    await expect(waiting).rejects.toBe('enough');
    publisher.failure = new Error('away');
    publisher.release();
    await expect(first).rejects.toThrow('away');
    publisher.failure = undefined;
    await producer.flush();
    expect(publisher.contents()).toEqual([1]);
  });
});

describe('a flush that is aborted', () => {
  test('beforehand rejects with the reason', async () => {
    const producer = new StreamProducer<number>(new TestPublisher(), { batchSize: 9 });
    await producer.send('t', 1);
    await expect(producer.flush({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
  });

  test('while a publish is under way leaves it under way', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    const control = new AbortController();
    publisher.hold();
    const sending = producer.send('t', 1);
    const flushing = producer.flushTopic('t', { signal: control.signal });
    await publisher.attempted(1);
    control.abort('enough');
    await expect(flushing).rejects.toBe('enough');
    expect(await stateOf(sending)).toBe('pending');
    publisher.release();
    await sending;
    expect(publisher.contents()).toEqual([1]);
  });
});
