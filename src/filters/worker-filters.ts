import { check } from '../check.js';
import type { Metadata } from '../events.js';
import type { Filter } from '../protocols.js';
import { type FilterWorker, openFilterWorker, type WorkerOptions } from './filter-worker.js';
import { copyOf } from './metadata-limits.js';
import { toFilter } from './part.js';
import { remotePart } from './remote.js';
import type { ServedFilters } from './worker.js';

export interface WorkerFiltersOptions<Module> extends WorkerOptions {
  /**
   * Loads the filters' module on the page, to run them there when no worker can start: `() => import('./quake-filters.js')`. Without it every event
   * counts as failed then, and `onFilterError` of whoever asks says what becomes of it.
   */
  readonly fallback?: () => Promise<Module>;
}

/** Filters by name, as their module serves them. */
export type WorkerFilters<Module> = {
  readonly [Name in keyof Served<Module>]: Handle<Served<Module>[Name]>;
} & {
  /** Ends the worker; whoever still asks gets `closed` errors. Idempotent. */
  close(): void;
};

type Served<Module> = Module extends { readonly default: ServedFilters<infer Filters> } ? Filters : never;

/** A filter that takes no parameters is one as it is; one that takes parameters becomes one by `with`. */
type Handle<F> = F extends (metadata: infer M, ...rest: infer Rest) => unknown
  ? Rest extends []
    ? Filter<M>
    : { with(parameters: Rest[0]): Filter<M> } & ([] extends Rest ? Filter<M> : unknown)
  : never;

/**
 * The filters that a module serves from a worker of its own. It starts when it is first asked.
 *
 * ```ts
 * const filters = workerFilters<typeof import('./quake-filters.js')>(
 *   () => new Worker(new URL('./quake-filters.js', import.meta.url), { type: 'module' }),
 *   { deadlineMs: 250, fallback: () => import('./quake-filters.js') },
 * );
 * const filter = any(filters.weak, filters.far.with({ lat: 46, lon: 7, km: 500 }));
 * ```
 *
 * Whole batches go to the worker and bit masks come back, in order, a bounded number at a time. A worker that does not answer within `deadlineMs` is
 * ended, and a new one asked once more; after that the events of this batch count as failed, and `onFilterError` of whoever asked says what becomes of
 * them. `with` throws `not_encodable` for parameters that are not plain data; they are copied.
 */
export function workerFilters<Module extends { readonly default: unknown }>(
  factory: () => Worker,
  { fallback, ...options }: WorkerFiltersOptions<Module> = {},
): WorkerFilters<Module> {
  const load = fallback && (async () => tableOf(await fallback()));
  const worker = openFilterWorker(factory, options, load);
  const known: Record<string | symbol, unknown> = Object.assign(Object.create(null), { close: worker.close });
  return new Proxy(known as never, {
    get(_, name) {
      // Whoever awaits this asks for `then`.
      if (typeof name === 'string' && name !== 'then') known[name] ??= handleOf(worker, name);
      return known[name];
    },
  });
}

function handleOf(worker: FilterWorker, name: string): Filter & { with(parameters: unknown): Filter } {
  const filter = (parameters?: unknown) => toFilter<Metadata>(remotePart(worker, { name, parameters }));
  return Object.assign(filter(), { with: (parameters: unknown) => filter(copyOf(parameters, `The parameters of "${name}"`)) });
}

function tableOf(module: { readonly default: unknown }): ServedFilters<never> {
  const table = module.default as ServedFilters<never> | undefined;
  check(typeof table?.obey === 'function', 'fallback', table, 'a module with export default serveFilters(…)');
  return table as ServedFilters<never>;
}
