import type { Filter } from '../protocols.js';
import type { WorkerReport } from './filter-worker.js';
import type { Cost, Tree } from './judge.js';
import { type Leaf, type Named, type Part, partOf } from './part.js';

/** Where a part of a filter runs and what it has cost so far. */
export interface Explanation extends Readonly<Cost> {
  /** `'any'`, `'all'`, `'not'`, or the filter's own name. */
  readonly filter: string;
  readonly runs: 'page' | 'worker';
  readonly parameters?: unknown;
  readonly parts: readonly Explanation[];
  /** How the worker stands that it runs in; of the outermost part there. */
  readonly worker?: WorkerReport;
  /** Milliseconds from question to answer, the way there and back and other filters' turns included; `ms` is the worker's own time then. */
  readonly waitedMs?: number;
}

/** What has become of a filter so far. A plain function is measured only as a part of others: `any(filter)`. */
export function explain<M>(filter: Filter<M>): Explanation {
  return explainPart(partOf(filter));
}

function explainPart({ op, leaf, parts, cost }: Part): Explanation {
  const remote = leaf?.remote;
  if (!remote) return { filter: leaf?.name ?? op, ...facts(leaf), runs: 'page', ...cost, parts: parts.map(explainPart) };
  const worker = remote.report();
  const runs = worker.status === 'page' ? 'page' : 'worker';
  return { ...explainTree(remote.tree, runs), failed: cost.failed, seen: cost.seen, worker, waitedMs: cost.ms };
}

function explainTree({ op, leaf, parts, cost }: Tree<Named>, runs: 'page' | 'worker'): Explanation {
  return { filter: leaf?.name ?? op, ...facts(leaf), runs, ...cost, parts: parts.map((part) => explainTree(part, runs)) };
}

function facts(leaf: Named | Leaf | undefined): { readonly parameters?: unknown } {
  return leaf?.parameters === undefined ? {} : { parameters: leaf.parameters };
}
