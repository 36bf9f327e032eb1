import { describe, expect, test, vi } from 'vitest';
import { MemoryStore } from './fixtures/memory-store.js';
import { deferred, reasonOf, turn } from './fixtures/promises.js';
import { TestPublisher } from './fixtures/test-publisher.js';
import { StreamProducer } from './producer.js';

/** Never settles a send, whatever happens to it. */
class DeadPublisher extends TestPublisher {
  override async sendEvents(): Promise<void> {
    this.attempts++;
    return new Promise(() => {});
  }
}

describe('close', () => {
  test('publishes what is buffered, ends no stream, and closes the publisher', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 9 });
    await producer.send('t', 1);
    await producer.close();
    expect(publisher.contents()).toEqual([1]);
    expect(publisher.closed).toBe(true);
  });

  test('ends the topics it is given, also such as were never sent to', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 9 });
    await producer.send('t', 1);
    await producer.send('u', 2);
    await producer.close({ topics: ['t', 'new'] });
    expect([publisher.contents('t'), publisher.contents('u'), publisher.contents('new')]).toEqual([[1, 'end'], [2], ['end']]);
  });

  test('leaves publisher and stores to another producer when told to', async () => {
    const publisher = new TestPublisher();
    const store = new MemoryStore();
    const one = new StreamProducer<number>(publisher, { defaultStore: store });
    await one.send('t', 1);
    await one.close({ publisher: false });
    await new StreamProducer<number>(publisher, { defaultStore: store }).send('t', 2);
    expect(publisher.closed).toBe(false);
    expect(store.calls.close).toBe(0);
    expect([...store.objects.values()]).toEqual([1, 2]);
  });

  test('closes each of its stores once when told to', async () => {
    const [one, two] = [new MemoryStore('one'), new MemoryStore('two')];
    const producer = new StreamProducer<number>(new TestPublisher(), {
      defaultStore: one,
      stores: { t: two, u: two, v: one, w: undefined },
    });
    await producer.close({ stores: true });
    expect([one.calls.close, two.calls.close]).toEqual([1, 1]);
  });

  test('twice is once', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 9 });
    await producer.send('t', 1);
    await Promise.all([producer.close({ topics: ['t'] }), producer.close({ topics: ['t', 'u'] })]);
    await producer.close();
    expect(publisher.contents()).toEqual([1, 'end']);
    expect(publisher.contents('u')).toEqual([]);
  });

  test('is what leaving the scope of `await using` does', async () => {
    const publisher = new TestPublisher();
    {
      await using producer = new StreamProducer<number>(publisher, { batchSize: 9 });
      await producer.send('t', 1);
    }
    expect(publisher.contents()).toEqual([1]);
    expect(publisher.closed).toBe(true);
  });

  test('still closes the rest when flushing fails, and then rejects', async () => {
    const publisher = new TestPublisher();
    const store = new MemoryStore();
    const producer = new StreamProducer<number>(publisher, { batchSize: 9, defaultStore: store });
    await producer.send('t', 1);
    publisher.failure = new Error('away');
    await expect(producer.close({ stores: true })).rejects.toThrow('away');
    expect(publisher.closed).toBe(true);
    expect(store.calls.close).toBe(1);
  });

  test('tells of everything that failed', async () => {
    const publisher = new TestPublisher();
    const [one, two] = [new MemoryStore('one'), new MemoryStore('two')];
    one.failures.close = new Error('stuck');
    publisher.failure = new Error('away');
    const producer = new StreamProducer<number>(publisher, { batchSize: 9, stores: { u: one, v: two } });
    await producer.send('t', 1);
    const failure = (await reasonOf(producer.close({ stores: true }))) as AggregateError;
    expect(failure.errors.map(String)).toEqual(['Error: away', 'Error: stuck']);
    expect(two.calls.close).toBe(1);
  });

  test('of a topic that nobody can publish to rejects with a TypeError, and closes nothing', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    await expect(producer.close({ topics: ['t/#'] })).rejects.toThrow(TypeError);
    await producer.send('t', 1);
    expect(publisher.contents()).toEqual([1]);
  });
});

describe('a closed producer', () => {
  test('refuses whatever would need it', async () => {
    const producer = new StreamProducer<number>(new TestPublisher());
    await producer.close();
    await expect(producer.send('t', 1)).rejects.toMatchObject({ code: 'closed' });
    await expect(producer.closeTopics('t')).rejects.toMatchObject({ code: 'closed' });
    await expect(producer.writable('t').getWriter().write(1)).rejects.toMatchObject({ code: 'closed' });
  });

  test('has nothing to flush', async () => {
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher);
    await producer.send('t', 1);
    await producer.close();
    await producer.flush();
    expect(publisher.contents()).toEqual([1]);
  });
});

describe('a publisher that never answers', () => {
  test('holds closing up no longer than timeoutMs, and every send settles', async () => {
    const publisher = new DeadPublisher();
    const producer = new StreamProducer<number>(publisher);
    const sends = [1, 2, 3].map((n) => producer.send('t', n));
    await expect(producer.close({ timeoutMs: 10 })).rejects.toMatchObject({ code: 'timeout' });
    expect(publisher.closed).toBe(true);
    const reasons = await Promise.all(sends.map(reasonOf));
    expect(reasons).toEqual(Array(3).fill(expect.objectContaining({ code: 'closed' })));
  });

  test('leaves no send waiting for room after closing, on any topic, even when the publisher stays open', async () => {
    const publisher = new DeadPublisher();
    const producer = new StreamProducer<number>(publisher, { highWaterMark: 2 });
    const sends = ['t', 'u', 't', 'u', 'v', 't'].map((topic, i) => producer.send(topic, i));
    await expect(producer.close({ timeoutMs: 10, publisher: false })).rejects.toThrow();
    const reasons = await Promise.all(sends.map(reasonOf));
    expect(reasons).toEqual(Array(6).fill(expect.objectContaining({ code: 'closed' })));
    expect(publisher.attempts).toBe(2);
  });

  test('leaves no flush waiting after closing', async () => {
    const producer = new StreamProducer<number>(new DeadPublisher());
    const waits = [producer.send('t', 1), producer.flush(), producer.flushTopic('t'), producer.closeTopics('t')];
    await expect(producer.close({ timeoutMs: 10 })).rejects.toThrow();
    expect((await Promise.allSettled(waits)).map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  });

  test('leaves no objects in a store for events that did not leave', async () => {
    const store = new MemoryStore();
    const producer = new StreamProducer<number>(new DeadPublisher(), { defaultStore: store, batchSize: 1 });
    const sends = [producer.send('t', 1), producer.send('t', 2)];
    await expect(producer.close({ timeoutMs: 10 })).rejects.toThrow();
    await Promise.allSettled(sends);
    expect(store.objects.size).toBe(0);
  });

  test('is not sent what was still being stored when closing gave up, and keeps none of it', async () => {
    const store = new MemoryStore();
    const stored = deferred();
    store.gate = stored.promise;
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { defaultStore: store });
    const sending = producer.send('t', 1);
    await expect(producer.close({ timeoutMs: 10, publisher: false })).rejects.toMatchObject({ code: 'timeout' });
    await expect(sending).rejects.toMatchObject({ code: 'closed' });
    stored.resolve();
    await turn();
    expect(publisher.attempts).toBe(0);
    expect([store.calls.put, store.objects.size]).toEqual([1, 0]);
  });

  test('is not sent what a filter still looked at when closing gave up', async () => {
    const verdict = deferred<boolean>();
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { filter: () => verdict.promise });
    const work = [producer.send('t', 1), producer.closeTopics('t')];
    await expect(producer.close({ timeoutMs: 10, publisher: false })).rejects.toMatchObject({ code: 'timeout' });
    verdict.resolve(false);
    const reasons = await Promise.all(work.map(reasonOf));
    expect(reasons).toEqual(Array(2).fill(expect.objectContaining({ code: 'closed' })));
    await turn();
    expect(publisher.attempts).toBe(0);
  });

  test('is not reported again when it fails after closing', async () => {
    const onError = vi.fn();
    const publisher = new TestPublisher();
    const producer = new StreamProducer<number>(publisher, { onError });
    publisher.hold();
    const sending = producer.send('t', 1);
    await expect(producer.close({ timeoutMs: 10, publisher: false })).rejects.toMatchObject({ code: 'timeout' });
    await expect(sending).rejects.toMatchObject({ code: 'closed' });
    publisher.failure = new Error('away');
    publisher.release();
    await turn();
    expect(onError).not.toHaveBeenCalled();
  });
});
