import { expect, test } from 'vitest';
import { StreamConsumer } from './consumer.js';
import type { EventBatch } from './events.js';
import { type Deferred, deferred, turn } from './fixtures/promises.js';
import { batch, inline, Wire } from './fixtures/wire.js';
import type { Batch } from './protocols.js';

test('a reading that was left and goes on late takes nothing from the next one', async () => {
  const wire = new Wire();
  const late = deferred<IteratorResult<Batch<EventBatch>>>();
  let visits = 0;
  const subscriber = Object.assign(Object.create(wire) as Wire, {
    batches: (options?: object) =>
      visits++ === 0 ? { [Symbol.asyncIterator]: () => ({ next: () => late.promise }) } : wire.batches(options),
  });
  const asked: Deferred[] = [];
  const keep = Object.assign(() => false, {
    async batch(metadata: readonly unknown[]) {
      const answer = deferred();
      asked.push(answer);
      await answer.promise;
      return metadata.map(() => false);
    },
  });
  const consumer = new StreamConsumer<number>(subscriber, { filter: keep });
  const first = consumer.next();
  await turn();
  await consumer.return();
  expect((await first).done).toBe(true);
  // More than is judged in one go, and the filter has not answered when the first reading goes on.
  const numbers = Array.from({ length: 1000 }, (_, n) => n);
  wire.bring(
    ...[0, 500].map((from, seq) =>
      batch(
        numbers.slice(from, from + 500).map((n) => inline(n)),
        { seq },
      ),
    ),
  );
  const got: (number | undefined)[] = [];
  const next = consumer.next();
  await turn();
  expect(asked.length).toBe(1);
  late.resolve({ done: true, value: undefined });
  await turn();
  asked[0]?.resolve();
  got.push((await next).value);
  while (got.length < numbers.length) {
    const pending = consumer.next();
    await turn();
    asked.at(-1)?.resolve();
    got.push((await pending).value);
  }
  expect(got).toEqual(numbers);
});
