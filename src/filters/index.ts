/**
 * Filters: ready-made, made of others, and run in a worker. **True drops.**
 *
 * ```ts
 * new StreamConsumer(subscriber, { filter: any(samplingFilter(0.9), keep((m) => m.mag >= 2.5)) });
 * ```
 */

export type { Metadata } from '../events.js';
export type { Filter } from '../protocols.js';
export { all, any, not } from './combine.js';
export { type Explanation, explain } from './explain.js';
export type { WorkerOptions, WorkerReport } from './filter-worker.js';
export { keep } from './keep.js';
export { nullFilter, samplingFilter } from './sampling.js';
export { type WorkerFilters, type WorkerFiltersOptions, workerFilters } from './worker-filters.js';
