import { describe, expect, test } from 'vitest';
import { StreamConsumer } from './consumer.js';
import { collect, deferred, stateOf, turn } from './fixtures/promises.js';
import { stream, Wire } from './fixtures/wire.js';
import type { Subscriber } from './protocols.js';

const done = { done: true, value: undefined };

describe('a pending next', () => {
  test.each(['next', 'nextObject', 'nextWithMetadata', 'nextObjectWithMetadata'] as const)(
    'of %s is given up by its signal, and no event is lost',
    async (method) => {
      const wire = new Wire();
      const consumer = new StreamConsumer<number>(wire);
      const control = new AbortController();
      const pending = consumer[method]({ signal: control.signal });
      expect(await stateOf(pending)).toBe('pending');
      control.abort('enough');
      await expect(pending).rejects.toBe('enough');
      wire.bring(...stream([1, 2]));
      expect(await collect(consumer)).toEqual([1, 2]);
    },
  );

  test('is given up while its event is already on its way, and the next call gets that', async () => {
    const wire = new Wire();
    const consumer = new StreamConsumer<number>(wire);
    const control = new AbortController();
    const pending = consumer.next({ signal: control.signal });
    await turn();
    wire.bring(...stream([1]));
    control.abort('enough');
    await expect(pending).rejects.toBe('enough');
    expect(await collect(consumer)).toEqual([1]);
  });

  test('is given up while the filter looks at its event, which is asked once', async () => {
    const verdict = deferred<boolean>();
    const asked: unknown[] = [];
    const filter = (metadata: unknown) => {
      asked.push(metadata);
      return verdict.promise;
    };
    const consumer = new StreamConsumer<number>(new Wire().bring(...stream([1])), { filter });
    const control = new AbortController();
    const pending = consumer.next({ signal: control.signal });
    await turn();
    control.abort('enough');
    await expect(pending).rejects.toBe('enough');
    const reading = collect(consumer);
    verdict.resolve(false);
    expect(await reading).toEqual([1]);
    expect(asked).toHaveLength(1);
  });

  test('whose signal was aborted before takes nothing', async () => {
    const consumer = new StreamConsumer<number>(new Wire().bring(...stream([1])));
    await expect(consumer.next({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
    expect(await collect(consumer)).toEqual([1]);
  });

  test('of deliveries is given up by their signal', async () => {
    const consumer = new StreamConsumer<number>(new Wire());
    const control = new AbortController();
    const reading = collect(consumer.deliveries({ signal: control.signal }));
    await turn();
    control.abort('enough');
    await expect(reading).rejects.toBe('enough');
  });

  test('ends with done when the consumer is closed, and so do those behind it', async () => {
    const consumer = new StreamConsumer<number>(new Wire());
    const pending = [consumer.next(), consumer.nextObject(), consumer.next()];
    await turn();
    await consumer.close();
    expect(await Promise.all(pending)).toEqual([done, done, done]);
  });

  test('ends with done even when the subscriber cannot be interrupted', async () => {
    const subscriber: Subscriber = {
      async *[Symbol.asyncIterator]() {
        await new Promise(() => {});
        yield new Uint8Array();
      },
      close: async () => {},
      [Symbol.asyncDispose]: async () => {},
    };
    const consumer = new StreamConsumer<number>(subscriber);
    const pending = consumer.next();
    await turn();
    await consumer.close();
    expect(await pending).toEqual(done);
  });
});

describe('closing', () => {
  test('closes the subscriber, unless told not to', async () => {
    const [closed, open] = [new Wire(), new Wire()];
    await new StreamConsumer(closed).close();
    await new StreamConsumer(open).close({ subscriber: false });
    expect([closed.closed, open.closed]).toEqual([true, false]);
  });

  test('is what leaving the scope of `await using` does', async () => {
    const wire = new Wire().bring(...stream([1]));
    {
      await using consumer = new StreamConsumer<number>(wire);
      await consumer.next();
    }
    expect(wire.closed).toBe(true);
  });

  test('ends a loop', async () => {
    const consumer = new StreamConsumer<number>(new Wire().bring(...stream([1, 2], { ends: false })));
    const items: number[] = [];
    for await (const n of consumer) {
      items.push(n);
      if (n === 1) await consumer.close();
    }
    expect(items).toEqual([1]);
  });

  test('acknowledges nothing: what was given last comes again', async () => {
    const wire = new Wire().bring(...stream([1, 2]));
    const consumer = new StreamConsumer<number>(wire);
    await consumer.next();
    await consumer.close({ subscriber: false });
    expect(await consumer.next()).toEqual(done);
    expect(await collect(new StreamConsumer<number>(wire))).toEqual([1, 2]);
  });

  test('twice is once, and before the first read there is nothing to it', async () => {
    const consumer = new StreamConsumer<number>(new Wire());
    await Promise.all([consumer.close(), consumer.close()]);
    await consumer.close();
    expect(await collect(consumer)).toEqual([]);
  });
});
