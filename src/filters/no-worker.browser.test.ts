/** Workers that cannot start: the page is told, and runs the filters itself if that was asked for. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { StreamConsumer } from '../consumer.js';
import { END_OF_STREAM } from '../events.js';
import { collect } from '../fixtures/promises.js';
import { batch, inline, Wire } from '../fixtures/wire.js';
import { any, explain, workerFilters } from './index.js';

type QuakeFilters = typeof import('../../e2e/pages/quake-filters.js');

const QUAKES = [1, 5, 6, 2].map((mag) => ({ mag, lat: 47, lon: 8 }));
const quakes = () => new Wire().bring(batch([...QUAKES.map((facts) => inline(facts.mag, facts)), END_OF_STREAM]));
const onPage = () => import('../../e2e/pages/quake-filters.js');

const UNABLE: readonly [string, () => Worker, RegExp][] = [
  ['is not there', () => new Worker('/no/such/file.js', { type: 'module' }), /could not be loaded/],
  [
    'throws while it loads',
    () => new Worker(new URL('../../e2e/pages/broken-filters.ts', import.meta.url), { type: 'module' }),
    /out of order/,
  ],
  ['is no JavaScript', () => new Worker('data:text/javascript,this%20is%20none', { type: 'module' }), /could not be loaded/],
  [
    'never serves anything',
    () => new Worker(new URL('../../e2e/pages/silent-filters.ts', import.meta.url), { type: 'module' }),
    /within 2000 ms/,
  ],
  ['never finishes loading', () => new Worker('data:text/javascript,for(;;);', { type: 'module' }), /within 2000 ms/],
  [
    'cannot even be made',
    () => {
      throw new DOMException('refused by policy', 'SecurityError');
    },
    /refused by policy/,
  ],
];

describe.each(UNABLE)('a worker that %s', (_, factory, why) => {
  test('fails every event without a fallback: all are kept, and counted', async () => {
    const filters = workerFilters<QuakeFilters>(factory, { startMs: 2000 });
    onTestFinished(() => filters.close());
    const consumer = new StreamConsumer<number>(quakes(), { filter: filters.weak });
    expect(await collect(consumer)).toEqual([1, 5, 6, 2]);
    expect(consumer.stats.filterErrors).toBe(4);
    expect(explain(filters.weak).worker).toMatchObject({
      status: 'failed',
      error: { code: 'filter_failed', message: expect.stringMatching(why) },
    });
  });

  test('leaves it to its fallback on the page, with the same answers', async () => {
    const filters = workerFilters<QuakeFilters>(factory, { startMs: 2000, fallback: onPage });
    onTestFinished(() => filters.close());
    const filter = any(filters.weak, filters.below.with(5.5));
    const consumer = new StreamConsumer<number>(quakes(), { filter });
    expect(await collect(consumer)).toEqual([6]);
    expect(consumer.stats.filterErrors).toBe(0);
    expect(explain(filter)).toMatchObject({
      runs: 'page',
      seen: 4,
      dropped: 3,
      parts: [{ dropped: 2 }, { seen: 2 }],
      worker: { status: 'page' },
    });
  });
});

describe('a fallback', () => {
  const unable = () => new Worker('/no/such/file.js', { type: 'module' });

  test('that cannot be loaded either is an error that names both', async () => {
    const filters = workerFilters<QuakeFilters>(unable, { fallback: () => Promise.reject(new Error('offline')) });
    await expect(filters.weak({ mag: 1, lat: 0, lon: 0 })).rejects.toMatchObject({ code: 'filter_failed', message: /fallback.*offline/ });
  });

  test('has to export what serveFilters returns', async () => {
    const filters = workerFilters<QuakeFilters>(unable, { fallback: async () => ({ default: {} }) as never });
    await expect(filters.weak({ mag: 1, lat: 0, lon: 0 })).rejects.toMatchObject({ message: /export default serveFilters/ });
  });

  test('is not loaded while a worker does the work', async () => {
    let loaded = 0;
    const filters = workerFilters<QuakeFilters>(
      () => new Worker(new URL('../../e2e/pages/quake-filters.ts', import.meta.url), { type: 'module' }),
      {
        fallback: () => {
          loaded++;
          return onPage();
        },
      },
    );
    onTestFinished(() => filters.close());
    expect(await filters.weak({ mag: 1, lat: 0, lon: 0 })).toBe(true);
    expect(loaded).toBe(0);
  });

  test('that comes when the filters are closed already changes nothing', async () => {
    let load: (module: Awaited<ReturnType<typeof onPage>>) => void = () => {};
    const filters = workerFilters<QuakeFilters>(
      () => {
        throw new Error('none');
      },
      { fallback: () => new Promise((resolve) => (load = resolve)) },
    );
    const refused = expect(filters.weak({ mag: 1, lat: 0, lon: 0 })).rejects.toMatchObject({ code: 'closed' });
    filters.close();
    load(await onPage());
    await refused;
    expect(explain(filters.weak).worker?.status).toBe('closed');
  });
});

test.each([{ deadlineMs: 0 }, { startMs: Number.NaN }, { maxInFlight: 0 }, { maxStrikes: 2 ** 31 }])(
  'options that make no sense are refused: %o',
  (options) => {
    expect(() => workerFilters<QuakeFilters>(() => new Worker('/none.js'), options)).toThrow(TypeError);
    expect(() => workerFilters<QuakeFilters>('/none.js' as never)).toThrow(TypeError);
  },
);
