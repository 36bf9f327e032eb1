/** How a filter is put together, kept beside the function that it is for everyone else. */
import type { Metadata } from '../events.js';
import type { Filter } from '../protocols.js';
import type { FilterWorker } from './filter-worker.js';
import { type Asked, asking, judge, noCost, type Tree } from './judge.js';
import type { Expression } from './protocol.js';

export interface Part extends Asked {
  /** Absent on the page. */
  readonly remote?: Remote;
}

export interface Remote {
  readonly worker: FilterWorker;
  /** What could become part of a larger question; absent when it may change. */
  readonly expression?: Expression | undefined;
  /** The same for people, with what it has cost there. */
  readonly tree: Tree;
  readonly incoming: NonNullable<Filter['incoming']>;
}

// biome-ignore lint/suspicious/noExplicitAny: filters of every kind of metadata
const parts = new WeakMap<Filter<any>, Part>();

// biome-ignore lint/suspicious/noExplicitAny: see above
export function partOf(filter: Filter<any>): Part {
  const known = parts.get(filter);
  if (known) return known;
  // Anew for each place that it has, so that each is measured for itself.
  return { ask: asking(filter), name: filter.name || 'filter', parts: [], cost: noCost() };
}

/** A filter whose batches have a `StreamError` in the place of each event that it failed on; asked about one event alone, it throws that. */
export function toFilter<M>(part: Part): Filter<M> {
  const batch = (metadata: readonly M[]) => judge(part, metadata as readonly Metadata[]);
  const filter = async (metadata: M) => {
    const [answer] = await batch([metadata]);
    if (typeof answer !== 'boolean') throw answer;
    return answer;
  };
  const made = Object.assign(filter, { batch, incoming: part.remote?.incoming }) as Filter<M>;
  parts.set(made, part);
  return made;
}
