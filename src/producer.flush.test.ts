import { describe, expect, test } from 'vitest';
import { deferred, reasonOf, turn } from './fixtures/promises.js';
import { TestPublisher } from './fixtures/test-publisher.js';
import { StreamProducer } from './producer.js';
import type { SendOptions } from './protocols.js';

/** Keeps what it is sent, and passes it on later. */
class KeepingPublisher extends TestPublisher {
  readonly arrived = deferred();
  /** How many batches it had when it was asked to flush, each time. */
  readonly flushed: number[] = [];

  async flush({ signal }: SendOptions = {}): Promise<void> {
    this.flushed.push(this.batches.length);
    await Promise.race([this.arrived.promise, new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))]);
  }
}

describe('flushing through a publisher that has a flush of its own', () => {
  test('publishes everything first, and then settles with that', async () => {
    const publisher = new KeepingPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 9 });
    await producer.send('t', 1);
    await producer.send('u', 2);
    let settled = false;
    const flushing = producer.flush().then(() => {
      settled = true;
    });
    await turn();
    expect([publisher.flushed, settled]).toEqual([[2], false]);
    publisher.arrived.resolve();
    await flushing;
  });

  test('rejects as that does', async () => {
    const publisher = new KeepingPublisher();
    const producer = new StreamProducer<number>(publisher);
    await producer.send('t', 1);
    publisher.arrived.reject(new Error('refused'));
    await expect(producer.flush()).rejects.toThrow('refused');
  });

  test('does not ask it when publishing fails', async () => {
    const publisher = new KeepingPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 9 });
    await producer.send('t', 1);
    publisher.failure = new Error('full');
    await expect(producer.flush()).rejects.toThrow('full');
    expect(publisher.flushed).toEqual([]);
  });

  test('can be given up', async () => {
    const control = new AbortController();
    const producer = new StreamProducer<number>(new KeepingPublisher());
    const reason = reasonOf(producer.flush({ signal: control.signal }));
    await turn();
    control.abort('enough');
    expect(await reason).toBe('enough');
  });

  test('is not what closing waits for', async () => {
    const publisher = new KeepingPublisher();
    const producer = new StreamProducer<number>(publisher, { batchSize: 9 });
    await producer.send('t', 1);
    await producer.close();
    await producer.flush();
    expect(publisher.contents()).toEqual([1]);
    expect(publisher.flushed).toEqual([]);
  });
});
