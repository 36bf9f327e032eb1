/** How a filter is put together, kept beside the function that it is for everyone else. */
import type { Metadata } from '../events.js';
import type { Filter } from '../protocols.js';
import type { FilterWorker, WorkerReport } from './filter-worker.js';
import { type Answers, type AnyFilter, askFilter, judge, noCost, type Tree } from './judge.js';
import type { Expression } from './protocol.js';

/** Something that can be asked; `tree` is what it asks elsewhere, when that has parts of its own. */
export interface Leaf {
  readonly name: string;
  readonly parameters?: unknown;
  ask(metadata: readonly Metadata[]): Answers | Promise<Answers>;
  /** Absent on the page. */
  readonly remote?: Remote;
}

export interface Remote {
  readonly worker: FilterWorker;
  /** What could become part of a larger question; absent when it may change. */
  readonly expression?: Expression;
  /** The same for people, with what it has cost there. */
  readonly tree: Tree<Named>;
  readonly report: () => WorkerReport;
}

export interface Named {
  readonly name: string;
  readonly parameters?: unknown;
}

export type Part = Tree<Leaf>;

// biome-ignore lint/suspicious/noExplicitAny: filters of every kind of metadata
const parts = new WeakMap<Filter<any>, Part>();

// biome-ignore lint/suspicious/noExplicitAny: see above
export function partOf(filter: Filter<any>): Part {
  const known = parts.get(filter);
  if (known) return known;
  if (typeof filter !== 'function') throw new TypeError('A filter is a function from metadata to boolean: true drops');
  // Anew for each place that it has, so that each is measured for itself.
  return leaf({ name: filter.name || 'filter', ask: (metadata) => askFilter(filter as AnyFilter, metadata) });
}

export function leaf(content: Leaf): Part {
  return { op: 'leaf', parts: [], leaf: content, cost: noCost() };
}

/** A filter whose batches have a `StreamError` in the place of each event that it failed on; asked about one event alone, it throws that. */
export function toFilter<M>(part: Part): Filter<M> {
  const batch = (metadata: readonly M[]) => judge(part, metadata as readonly Metadata[], ({ ask }, asked) => ask(asked));
  const filter = async (metadata: M) => {
    const [answer] = await batch([metadata]);
    if (typeof answer !== 'boolean') throw answer;
    return answer;
  };
  const made: Filter<M> = Object.assign(filter, { batch: batch as NonNullable<Filter<M>['batch']> });
  parts.set(made, part);
  return made;
}
