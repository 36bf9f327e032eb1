import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StreamConsumer } from '../consumer.js';
import { END_OF_STREAM } from '../events.js';
import { collect } from '../fixtures/promises.js';
import { anyMetadata, anyQuery } from '../fixtures/queries.js';
import { batch, inline, Wire } from '../fixtures/wire.js';
import { any, explain } from './index.js';
import { where } from './where.js';

describe('a filter as data in the SDK’s own worker', () => {
  test('answers as it does on the page, in 10,000 cases', async () => {
    const cases = { runs: 0, drops: 0 };
    const both = [where({}, { allowRegex: true }), where({}, { worker: true, allowRegex: true })] as const;
    await fc.assert(
      fc.asyncProperty(anyQuery(), fc.array(anyMetadata(), { minLength: 20, maxLength: 20 }), async (query, metadata) => {
        for (const filter of both) filter.update(query);
        const [here, there] = await Promise.all(both.map((filter) => filter.batch?.(metadata)));
        expect(there).toEqual(here);
        cases.runs += metadata.length;
        cases.drops += (here ?? []).filter(Boolean).length;
      }),
      { numRuns: 500 },
    );
    expect(cases.runs).toBe(10_000);
    // Neither the queries nor the metadata are all of one kind.
    expect(cases.drops).toBeGreaterThan(1000);
    expect(cases.drops).toBeLessThan(9000);
    expect(explain(both[1])).toMatchObject({ runs: 'worker', failed: 0, worker: { status: 'running', strikes: 0 } });
  });

  test('drops what a consumer does not want, and can be changed while it does', async () => {
    const filter = where<{ n: number }>({ n: { $lt: 2 } }, { worker: true });
    const wire = new Wire();
    const reading = collect(new StreamConsumer<number>(wire, { filter }).iterWithMetadata());
    const message = (seq: number) =>
      batch(
        [1, 2, 3, 4].map((n) => inline(n, { n })),
        { seq },
      );
    wire.bring(message(0));
    await expect.poll(() => explain(filter).seen).toBe(4);
    filter.update({ n: { $lt: 4 } });
    wire.bring(message(1), batch([END_OF_STREAM], { seq: 2 }));
    expect((await reading).map(([, n]) => n)).toEqual([2, 3, 4, 4]);
    expect(explain(filter)).toMatchObject({ parameters: { n: { $lt: 4 } }, seen: 8, dropped: 4 });
  });

  test('judges what was asked before a change by the query of that time', async () => {
    const filter = where<{ n: number }>({ n: { $lt: 2 } }, { worker: true });
    const before = Array.from({ length: 10 }, () => filter.batch?.([{ n: 1 }, { n: 3 }]));
    filter.update({ n: { $gt: 2 } });
    const after = filter.batch?.([{ n: 1 }, { n: 3 }]);
    expect(await Promise.all(before)).toEqual(Array(10).fill([true, false]));
    expect(await after).toEqual([false, true]);
  });

  test('can be combined with others, and changed there', async () => {
    const filter = where<{ n: number }>({ n: 1 }, { worker: true });
    const either = any(filter, where<{ n: number }>({ n: 2 }, { worker: true }), ({ n }: { n: number }) => n === 3);
    const metadata = [1, 2, 3, 4].map((n) => ({ n }));
    expect(await either.batch?.(metadata)).toEqual([true, true, true, false]);
    filter.update({ n: 4 });
    expect(await either.batch?.(metadata)).toEqual([false, true, true, true]);
  });

  test('that takes for ever over a pattern costs a deadline and no event', async () => {
    const filter = where<{ net: string }>({ net: /^(a+)+$/ }, { worker: true, allowRegex: true });
    const [answer] = (await filter.batch?.([{ net: `${'a'.repeat(40)}b` }])) ?? [];
    expect(answer).toMatchObject({ code: 'filter_failed', message: 'No answer within 1000 ms, twice' });
    expect(await filter.batch?.([{ net: 'aa' }])).toEqual([true]);
  });
});
