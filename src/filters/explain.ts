import type { Filter } from '../protocols.js';
import type { WorkerReport } from './filter-worker.js';
import type { Cost } from './judge.js';
import { type Part, partOf } from './part.js';

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
  return explainPart(partOf(filter), 'page');
}

function explainPart({ name, parameters, parts, cost, remote }: Part, runs: 'page' | 'worker'): Explanation {
  if (remote) {
    const worker = remote.worker.report;
    const there = explainPart(remote.tree as Part, worker.status === 'page' ? 'page' : 'worker');
    return { ...there, ...cost, ms: there.ms, worker, waitedMs: cost.ms };
  }
  return { filter: name, parameters, runs, ...cost, parts: parts.map((part) => explainPart(part, runs)) };
}
