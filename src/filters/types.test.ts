/** What the types promise; `npm run typecheck` is what holds them to it. */
import { describe, expectTypeOf, test } from 'vitest';
import { StreamConsumer } from '../consumer.js';
import { Wire } from '../fixtures/wire.js';
import type { Filter } from '../protocols.js';
import { all, any, keep, not, workerFilters } from './index.js';
import { where } from './where.js';

type QuakeFilters = typeof import('../../e2e/pages/quake-filters.js');
type QuakeMetadata = import('../../e2e/pages/quake-filters.js').QuakeMetadata;

const filters = workerFilters<QuakeFilters>(() => {
  throw new Error('Never asked');
});
const here = { lat: 46, lon: 7, km: 500 };

describe('filters of a worker', () => {
  test('have the names and the metadata of their module', () => {
    expectTypeOf(filters.weak).toEqualTypeOf<Filter<QuakeMetadata>>();
    // @ts-expect-error nobody serves it
    filters.weka;
  });

  test('take the parameters that they name', () => {
    expectTypeOf(filters.far.with(here)).toEqualTypeOf<Filter<QuakeMetadata>>();
    // @ts-expect-error something is missing
    filters.far.with({ lat: 46, lon: 7 });
    // @ts-expect-error it is of another type
    filters.far.with({ ...here, km: '500' });
    // @ts-expect-error it takes none
    filters.weak.with;
  });

  test('are no filters before they have the parameters that they need', () => {
    expectTypeOf(filters.below).toExtend<Filter<QuakeMetadata>>();
    expectTypeOf(filters.far).not.toExtend<Filter<QuakeMetadata>>();
    // @ts-expect-error from where?
    new StreamConsumer(new Wire(), { filter: filters.far });
    // @ts-expect-error from where?
    any(filters.weak, filters.far);
  });

  test('come from a module that serves some', () => {
    // @ts-expect-error it has no default export
    workerFilters<typeof import('../fixtures/wire.js')>;
  });
});

describe('filters made of others', () => {
  const deep = ({ depth }: { depth: number }) => depth > 70;

  test('need the metadata of all of them', () => {
    for (const filter of [any(filters.weak, deep), all(filters.weak, deep), not(any(filters.weak, deep))])
      expectTypeOf(filter).toEqualTypeOf<Filter<QuakeMetadata & { depth: number }>>();
    expectTypeOf(keep(deep)).toEqualTypeOf<Filter<{ depth: number }>>();
  });
});

describe('queries', () => {
  test('name the fields of the metadata and compare like with like', () => {
    expectTypeOf(where<QuakeMetadata>({ mag: { $lt: 2.5 } })).toExtend<Filter<QuakeMetadata>>();
    where<QuakeMetadata>({ $or: [{ mag: { $in: [1, 2] } }, { lat: 3 }] });
    where<{ tags: readonly string[]; place: { country: string } }>({ tags: 'felt', 'place.country': 'TW' });
    // @ts-expect-error there is no such field
    () => where<QuakeMetadata>({ magnitude: 3 });
    // @ts-expect-error a number is not compared with a string
    () => where<QuakeMetadata>({ mag: { $lt: '3' } });
    // @ts-expect-error there is no such operator
    () => where<QuakeMetadata>({ mag: { $like: 3 } });
    // @ts-expect-error a list is asked with its items
    () => where<{ tags: readonly string[] }>({ tags: ['felt'] });
    // @ts-expect-error nor in what it is changed to
    () => where<QuakeMetadata>({}).update({ magnitude: 3 });
  });
});
