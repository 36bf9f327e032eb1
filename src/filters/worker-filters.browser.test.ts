import { describe, expect, onTestFinished, test } from 'vitest';
import { StreamConsumer } from '../consumer.js';
import { END_OF_STREAM } from '../events.js';
import { collect } from '../fixtures/promises.js';
import { TestPublisher } from '../fixtures/test-publisher.js';
import { batch, inline, Wire } from '../fixtures/wire.js';
import { StreamProducer } from '../producer.js';
import { all, any, explain, not, type WorkerFiltersOptions, workerFilters } from './index.js';

type QuakeFilters = typeof import('../../e2e/pages/quake-filters.js');

const BERN = { lat: 46.9, lon: 7.4 };
const QUAKES = [
  { name: 'weak and near', mag: 1, lat: 47, lon: 8 },
  { name: 'strong and near', mag: 5, lat: 46, lon: 7 },
  { name: 'strong and far', mag: 6, lat: 24, lon: 121 },
  { name: 'weak and far', mag: 2, lat: -33, lon: -70 },
];

function quakeFilters(options?: WorkerFiltersOptions<QuakeFilters>) {
  const filters = workerFilters<QuakeFilters>(
    () => new Worker(new URL('../../e2e/pages/quake-filters.ts', import.meta.url), { type: 'module' }),
    options,
  );
  onTestFinished(() => filters.close());
  return filters;
}

/** One message of all quakes, and the end. */
const quakes = () => new Wire().bring(batch([...QUAKES.map(({ name, ...facts }) => inline(name, facts)), END_OF_STREAM]));

describe('filters in a worker', () => {
  test('drop what a consumer does not want', async () => {
    const filters = quakeFilters();
    const consumer = new StreamConsumer<string>(quakes(), { filter: any(filters.weak, filters.far.with({ ...BERN, km: 500 })) });
    expect(await collect(consumer)).toEqual(['strong and near']);
    expect(consumer.stats).toMatchObject({ events: 1, dropped: 3, filterErrors: 0 });
  });

  test('drop what a producer need not send', async () => {
    const { weak } = quakeFilters();
    const publisher = new TestPublisher();
    const producer = new StreamProducer<string>(publisher, { filter: weak });
    await Promise.all(QUAKES.map(({ name, ...metadata }) => producer.send('quakes', name, { metadata })));
    expect(publisher.contents('quakes')).toEqual(['strong and near', 'strong and far']);
    expect(producer.stats.dropped).toBe(2);
  });

  test.each([
    ['any', any, ['strong and near']],
    ['all', all, ['weak and near', 'strong and near', 'strong and far']],
  ] as const)('can be combined with %s, and travel as one question', async (_, combine, kept) => {
    const filters = quakeFilters();
    const filter = combine(filters.weak, filters.far.with({ ...BERN, km: 500 }));
    expect(await collect(new StreamConsumer<string>(quakes(), { filter }))).toEqual(kept);
    expect(explain(filter)).toMatchObject({ runs: 'worker', seen: 4, parts: [{ filter: 'weak' }, { filter: 'far' }] });
  });

  test('can be turned round', async () => {
    expect(await collect(new StreamConsumer<string>(quakes(), { filter: not(quakeFilters().weak) }))).toEqual([
      'weak and near',
      'weak and far',
    ]);
  });

  test('can be combined with filters of the page', async () => {
    const filter = any(quakeFilters().weak, ({ lat }: { lat: number }) => lat > 40);
    expect(await collect(new StreamConsumer<string>(quakes(), { filter }))).toEqual(['strong and far']);
  });

  test('answer about one event alone', async () => {
    const { weak } = quakeFilters();
    expect(await Promise.all(QUAKES.map(weak))).toEqual([true, false, false, true]);
  });

  test('may leave a parameter out, and may answer for many at once', async () => {
    const { below } = quakeFilters();
    expect(await below.batch?.(QUAKES)).toEqual([true, false, false, true]);
    expect(await below.with(5.5).batch?.(QUAKES)).toEqual([true, true, false, true]);
  });

  test('answer in order and in full, however many are asked about at once', async () => {
    const { weak } = quakeFilters({ maxInFlight: 2 });
    const many = Array.from({ length: 5000 }, (_, n) => ({ mag: n % 7, lat: 0, lon: 0 }));
    const asked = await Promise.all([many, many.slice(1), many.slice(2, 3), []].map((metadata) => weak.batch?.(metadata)));
    expect(asked).toEqual([many, many.slice(1), many.slice(2, 3), []].map((metadata) => metadata.map(({ mag }) => mag < 2.5)));
  });

  test('start no worker before they are asked', () => {
    const { weak } = quakeFilters();
    expect(explain(weak).worker).toEqual({ status: 'idle', starts: 0, strikes: 0, strays: 0 });
  });

  test('say what they have cost, each part', async () => {
    const filters = quakeFilters();
    const filter = any(filters.weak, filters.far.with({ ...BERN, km: 500 }));
    await filter.batch?.(QUAKES);
    await filter.batch?.(QUAKES);
    const cost = { failed: 0, ms: expect.any(Number), runs: 'worker' };
    expect(explain(filter)).toEqual({
      filter: 'any',
      ...cost,
      seen: 8,
      dropped: 6,
      waitedMs: expect.any(Number),
      worker: { status: 'running', starts: 1, strikes: 0, strays: 0 },
      parts: [
        { filter: 'weak', ...cost, seen: 8, dropped: 4, parts: [] },
        { filter: 'far', ...cost, seen: 4, dropped: 2, parts: [], parameters: { ...BERN, km: 500 } },
      ],
    });
    expect(explain(filter).waitedMs).toBeGreaterThan(0);
  });

  test('that nobody serves fail, and name those that are served', async () => {
    const { weka } = quakeFilters() as unknown as { weka: ReturnType<typeof quakeFilters>['weak'] };
    await expect(weka(QUAKES[0] as (typeof QUAKES)[0])).rejects.toMatchObject({
      code: 'filter_failed',
      message: 'There is no filter "weka": this worker serves weak, far, below',
    });
  });

  test('take parameters as they were', async () => {
    const circle = { ...BERN, km: 500 };
    const far = quakeFilters().far.with(circle);
    circle.km = 50_000;
    expect(await far.batch?.(QUAKES)).toEqual([false, false, true, true]);
  });

  test('refuse parameters that are not plain data', () => {
    const { far } = quakeFilters();
    expect(() => far.with({ ...BERN, km: (() => 500) as never })).toThrow(expect.objectContaining({ code: 'not_encodable' }));
  });
});

describe('filters that are closed', () => {
  test('answer what they were asked with an error, and everything after', async () => {
    const filters = quakeFilters();
    const before = filters.weak(QUAKES[0] as (typeof QUAKES)[0]);
    filters.close();
    filters.close();
    await expect(before).rejects.toMatchObject({ code: 'closed' });
    await expect(filters.weak(QUAKES[0] as (typeof QUAKES)[0])).rejects.toMatchObject({ code: 'closed' });
  });

  test('stop no stream: its events are kept, and counted', async () => {
    const filters = quakeFilters();
    filters.close();
    const consumer = new StreamConsumer<string>(quakes(), { filter: filters.weak });
    expect(await collect(consumer)).toHaveLength(4);
    expect(consumer.stats.filterErrors).toBe(4);
  });
});
