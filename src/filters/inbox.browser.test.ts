/** Filters before a log stores what its inbox receives. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { freshLog } from '../../e2e/support/log-scene.js';
import { messagePack } from '../codec.js';
import { StreamConsumer } from '../consumer.js';
import { END_OF_STREAM, type StreamEvent } from '../events.js';
import { PATIENT_MS, SHORT_MS } from '../fixtures/deadlines.js';
import { collect } from '../fixtures/promises.js';
import { batch, inline, Wire } from '../fixtures/wire.js';
import type { InboxOptions } from '../log/index.js';
import type { Filter } from '../protocols.js';
import { any, explain, workerFilters } from './index.js';
import { where } from './where.js';

type HostileFilters = typeof import('../../e2e/pages/hostile-filters.js');
interface Numbered {
  readonly n: number;
}

function hostile(deadlineMs = PATIENT_MS) {
  const filters = workerFilters<HostileFilters>(
    () => new Worker(new URL('../../e2e/pages/hostile-filters.ts', import.meta.url), { type: 'module' }),
    { deadlineMs },
  );
  onTestFinished(() => filters.close());
  return filters;
}

const encode = (events: readonly StreamEvent[], seq: number) => {
  const payload = messagePack.assemble({ ...batch([], { seq }) }, events.map(messagePack.encodeEvent));
  return { topic: 't', payload };
};
const numbers = (...all: number[]) => all.map((n) => inline(n, { n }));

/** An inbox to which 10 to 15 come, in two messages, and the end. */
async function inboxWith(options: Omit<InboxOptions, 'name'>) {
  const wire = new Wire({ codec: messagePack });
  const log = await freshLog();
  const inbox = log.inbox(wire, { name: 'board', ...options });
  wire.bring(encode(numbers(10, 11), 0), encode(numbers(12, 13, 14, 15), 1), encode([END_OF_STREAM], 2));
  return { wire, inbox };
}

/** All that is in the log; acknowledged to the wire only when it is. */
async function stored(options: Omit<InboxOptions, 'name'>) {
  const { wire, inbox } = await inboxWith(options);
  const consumer = new StreamConsumer<number>(inbox);
  const all = await collect(consumer);
  await expect.poll(() => wire.acknowledged.length).toBe(3);
  expect(consumer.stats).toMatchObject({ dropped: 0, gaps: 0, missed: 0, invalid: 0 });
  return all;
}

describe('before an inbox stores', () => {
  test.each<[string, () => Filter<Numbered>]>([
    ['in a worker', () => hostile().odd],
    ['as data', () => where<Numbered>({ n: { $mod: [2, 1] } })],
    ['as data, in the SDK’s worker', () => where<Numbered>({ n: { $mod: [2, 1] } }, { worker: true })],
    ['of both kinds', () => any(hostile().odd, where<Numbered>({ n: { $gt: 20 } }))],
  ])('a filter %s drops what nobody wants', async (_, filter) => {
    expect(await stored({ filter: filter() })).toEqual([10, 12, 14]);
  });

  test('a query can be changed', async () => {
    const filter = where<Numbered>({ n: { $lt: 11 } }, { worker: true });
    const wire = new Wire({ codec: messagePack });
    const inbox = (await freshLog()).inbox(wire, { name: 'board', filter });
    const reading = collect(new StreamConsumer<number>(inbox));
    wire.bring(encode(numbers(10, 11, 12), 0));
    await expect.poll(() => wire.acknowledged.length).toBe(1);
    filter.update({ n: { $gt: 11 } });
    wire.bring(encode(numbers(10, 11, 12), 1), encode([END_OF_STREAM], 2));
    expect(await reading).toEqual([11, 12, 10, 11]);
  });

  test.each(['throws', 'rejects', 'answersOne'] as const)('a filter that %s keeps that event alone, or drops it', async (name) => {
    expect(await stored({ filter: hostile()[name] })).toEqual([10, 12, 13, 14]);
    expect(await stored({ filter: hostile()[name], onFilterError: 'drop' })).toEqual([10, 12, 14]);
  });

  test.each(['neverReturns', 'neverSettles', 'closes'] as const)('a filter that %s keeps that message, or drops it', async (name) => {
    const filter = hostile(SHORT_MS)[name];
    expect(await stored({ filter })).toEqual([10, 12, 13, 14, 15]);
    expect(explain(filter)).toMatchObject({ failed: 4, worker: { strikes: 2 } });
    expect(await stored({ filter: hostile(SHORT_MS)[name], onFilterError: 'drop' })).toEqual([10]);
  });

  test('a filter that throws can stop it: then nothing is acknowledged', async () => {
    const { wire, inbox } = await inboxWith({ filter: hostile().throws, onFilterError: 'throw' });
    await expect(collect(new StreamConsumer<number>(inbox))).rejects.toMatchObject({ code: 'filter_failed' });
    expect(wire.acknowledged).toEqual([]);
  });
});
