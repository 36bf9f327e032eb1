/** A filter that runs wild harms nobody: no event is lost silently, no stream stops, and each misdeed is counted. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { StreamConsumer } from '../consumer.js';
import { StreamError } from '../errors.js';
import { END_OF_STREAM } from '../events.js';
import { PATIENT_MS, SHORT_MS } from '../fixtures/deadlines.js';
import { collect } from '../fixtures/promises.js';
import { TestPublisher } from '../fixtures/test-publisher.js';
import { batch, inline, Wire } from '../fixtures/wire.js';
import { StreamProducer } from '../producer.js';
import type { Filter } from '../protocols.js';
import { any, explain, type WorkerOptions, workerFilters } from './index.js';

type HostileFilters = typeof import('../../e2e/pages/hostile-filters.js');
type Name = Exclude<keyof HostileFilters['default']['filters'], 'slow'>;

/** Event 13 is in the second message. */
const MESSAGES = [0, 10, 20].map((first) => Array.from({ length: 10 }, (_, i) => first + i));
const EVEN = MESSAGES.flat().filter((n) => n % 2 === 0);

const wire = () =>
  new Wire().bring(
    ...MESSAGES.map((numbers, seq) =>
      batch(
        numbers.map((n) => inline(n, { n })),
        { seq },
      ),
    ),
    batch([END_OF_STREAM], { seq: 3 }),
  );

function hostile(options: WorkerOptions = { deadlineMs: PATIENT_MS }) {
  const filters = workerFilters<HostileFilters>(
    () => new Worker(new URL('../../e2e/pages/hostile-filters.ts', import.meta.url), { type: 'module' }),
    options,
  );
  onTestFinished(() => filters.close());
  return filters;
}

describe.each<Name>(['throws', 'rejects', 'answersOne', 'answersNothing'])('a filter that %s', (name) => {
  test('has failed for that event alone: it is kept, and counted', async () => {
    const filter = hostile()[name];
    const consumer = new StreamConsumer<number>(wire(), { filter });
    expect(await collect(consumer)).toEqual([...EVEN, 13].sort((a, b) => a - b));
    expect(consumer.stats).toMatchObject({ filterErrors: 1, dropped: 14 });
    expect(explain(filter)).toMatchObject({ seen: 30, dropped: 14, failed: 1, worker: { starts: 1, strikes: 0 } });
  });

  test('can drop it instead, or say so', async () => {
    const filter = hostile()[name];
    expect(await collect(new StreamConsumer<number>(wire(), { filter, onFilterError: 'drop' }))).toEqual(EVEN);
    const consumer = new StreamConsumer<number>(wire(), { filter, onFilterError: 'throw' });
    await expect(collect(consumer)).rejects.toMatchObject({ code: 'filter_failed', message: expect.stringMatching(/threw|must answer/) });
  });
});

describe.each<Name>(['neverReturns', 'neverSettles', 'allocates', 'closes'])('a filter that %s', (name) => {
  test('is ended and asked once more; then the events of that message are kept, and counted', async () => {
    const filter = hostile({ deadlineMs: SHORT_MS })[name];
    // Message by message, as from a wire that is slower than its consumer.
    const consumer = new StreamConsumer<number>(wire(), { filter: oneMessage(filter) });
    expect(await collect(consumer)).toEqual([0, 2, 4, 6, 8, ...(MESSAGES[1] as number[]), 20, 22, 24, 26, 28]);
    expect(consumer.stats).toMatchObject({ filterErrors: 10, dropped: 10, events: 20 });
    expect(explain(filter)).toMatchObject({ failed: 10, worker: { starts: 3, strikes: 2, status: 'running' } });
  });

  test('can drop them instead, or say so and be asked again by the next call', async () => {
    const filter = hostile({ deadlineMs: SHORT_MS })[name];
    const options = { filter: oneMessage(filter) };
    expect(await collect(new StreamConsumer<number>(wire(), { ...options, onFilterError: 'drop' }))).toEqual([
      0, 2, 4, 6, 8, 20, 22, 24, 26, 28,
    ]);
    const consumer = new StreamConsumer<number>(wire(), { ...options, onFilterError: 'throw' });
    const given: number[] = [];
    await expect(
      (async () => {
        for await (const n of consumer) given.push(n);
      })(),
    ).rejects.toMatchObject({ code: 'filter_failed', message: `No answer within ${SHORT_MS} ms, twice` });
    expect(given).toEqual([0, 2, 4, 6, 8]);
  });
});

describe.each<Name>(['chatters', 'forges', 'silences', 'failsLater'])('a filter that %s', (name) => {
  test('changes no answer', async () => {
    const filter = hostile()[name];
    const consumer = new StreamConsumer<number>(wire(), { filter });
    expect(await collect(consumer)).toEqual(EVEN);
    expect(consumer.stats).toMatchObject({ filterErrors: 0, dropped: 15 });
    expect(explain(filter).worker).toMatchObject({ starts: 1, strikes: 0 });
  });
});

test.each<[Name, number]>([
  ['chatters', 5],
  ['forges', 99],
  ['failsLater', 1],
])('what a filter that %s posts or throws by itself is counted', async (name, strays) => {
  const filter = hostile()[name];
  await collect(new StreamConsumer<number>(wire(), { filter }));
  await expect.poll(() => explain(filter).worker?.strays).toBe(strays);
});

describe('a filter that does not answer', () => {
  test('costs the others of its worker nothing but time', async () => {
    const { neverReturns, odd } = hostile({ deadlineMs: SHORT_MS });
    const [broken, ...sound] = await Promise.all([
      neverReturns.batch?.([{ n: 13 }]),
      ...MESSAGES.map((numbers) => odd.batch?.(numbers.map((n) => ({ n })))),
    ]);
    expect(broken).toEqual([expect.any(StreamError)]);
    expect(sound.flat()).toEqual(MESSAGES.flat().map((n) => n % 2 === 1));
    expect(explain(odd)).toMatchObject({ failed: 0, worker: { strikes: 2, starts: 3 } });
  });

  test('is asked no more after so many deadlines in a row; the others are', async () => {
    const { neverReturns, odd } = hostile({ deadlineMs: SHORT_MS, maxStrikes: 4 });
    for (let i = 0; i < 5; i++) await neverReturns.batch?.([{ n: 13 }]);
    expect(explain(neverReturns)).toMatchObject({ failed: 5, worker: { strikes: 4, starts: 5 } });
    expect(await neverReturns.batch?.([{ n: 1 }])).toEqual([
      expect.objectContaining({ message: expect.stringContaining('asked no more') }),
    ]);
    expect(await odd.batch?.([{ n: 1 }])).toEqual([true]);
  });

  test('decides nothing where others decide', async () => {
    const { neverReturns } = hostile({ deadlineMs: SHORT_MS });
    const local = ({ n }: { n: number }) => n === 13;
    expect(await any(neverReturns, local).batch?.([{ n: 13 }])).toEqual([true]);
    const { throws, odd } = hostile();
    expect(await any(throws, odd).batch?.([{ n: 13 }])).toEqual([true]);
  });

  test('has its deadline for itself, however many batches are before it', async () => {
    const { slow } = hostile({ deadlineMs: 3000 });
    const filter = slow.with(500);
    const answers = await Promise.all(Array.from({ length: 8 }, () => filter.batch?.([{ n: 1 }])));
    expect(answers.flat()).toEqual(Array(8).fill(false));
    expect(explain(filter).worker?.strikes).toBe(0);
  });

  test('is not blamed for a page that was busy itself', async () => {
    const { odd } = hostile({ deadlineMs: 1000 });
    await odd.batch?.([{ n: 1 }]);
    const answer = odd.batch?.([{ n: 1 }]);
    const until = performance.now() + 2500;
    while (performance.now() < until);
    expect(await answer).toEqual([true]);
    expect(explain(odd).worker).toMatchObject({ strikes: 0, starts: 1 });
  });
});

describe('metadata', () => {
  test.each<[string, unknown, string]>([
    ['cannot be cloned', () => {}, 'not_encodable'],
    ['is huge', 'x'.repeat(2 ** 20), 'too_large'],
    ['is a huge buffer', new Uint8Array(2 ** 20), 'too_large'],
  ])('that %s fails that event alone, by its code', async (_, nuisance, code) => {
    const { odd } = hostile();
    const metadata = [{ n: 1 }, { n: 2, nuisance }, { n: 3 }];
    expect(await odd.batch?.(metadata)).toEqual([true, expect.objectContaining({ code }), true]);
    const consumer = new StreamConsumer<number>(new Wire().bring(batch([...metadata.map((m) => inline(m.n, m)), END_OF_STREAM])), {
      filter: odd,
    });
    expect(await collect(consumer)).toEqual([2]);
    expect(consumer.stats.filterErrors).toBe(1);
  });
});

describe('metadata that a producer’s filter in a worker cannot be asked about', () => {
  const nuisances: readonly [string, unknown, string][] = [
    ['cannot be cloned', () => {}, 'not_encodable'],
    ['is huge', 'x'.repeat(2 ** 20), 'too_large'],
  ];

  test.each(nuisances)(
    'because it %s is an error to whoever sends it, by its code, and no other event suffers',
    async (_, nuisance, code) => {
      const publisher = new TestPublisher();
      const producer = new StreamProducer<number>(publisher, { filter: hostile().odd, onFilterError: 'throw' });
      const sent = [1, 2, 3, 4].map((n) => producer.send('t', n, { metadata: n === 2 ? { n, nuisance } : { n } }));
      const outcomes = await Promise.allSettled(sent);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
      expect(outcomes[1]).toMatchObject({ reason: { code } });
      expect(publisher.contents()).toEqual([4]);
    },
  );

  test('because it is huge goes on, counted by the filter, unless that is told to throw', async () => {
    const publisher = new TestPublisher();
    const { odd } = hostile();
    const producer = new StreamProducer<number>(publisher, { filter: odd });
    await Promise.all([1, 3].map((n) => producer.send('t', n, { metadata: { n, huge: n === 3 ? 'x'.repeat(2 ** 20) : '' } })));
    expect(publisher.contents()).toEqual([3]);
    expect(explain(odd)).toMatchObject({ seen: 2, dropped: 1, failed: 1 });
  });
});

/** Asks about ten events at a time. */
function oneMessage(filter: Filter<{ n: number }>): Filter<{ n: number }> {
  const batches = async (metadata: readonly { n: number }[]) => {
    const answers: (readonly boolean[])[] = [];
    for (let at = 0; at < metadata.length; at += 10) answers.push((await filter.batch?.(metadata.slice(at, at + 10))) ?? []);
    return answers.flat();
  };
  return Object.assign(() => false, { batch: batches });
}
