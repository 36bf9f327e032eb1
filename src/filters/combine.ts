/** Filters made of filters. Those of one worker travel as one question; a part is asked only about what those before it left open. */
import { check } from '../check.js';
import type { Filter } from '../protocols.js';
import { noCost } from './judge.js';
import { partOf, toFilter } from './part.js';
import { remotePart } from './remote.js';

// biome-ignore lint/suspicious/noExplicitAny: filters of every kind of metadata
type AnyMetadata = Filter<any>;
/** What an event's metadata has to say for all of them. */
type MetadataOf<F> = (F extends (metadata: infer M) => unknown ? (needs: M) => void : never) extends (needs: infer All) => void
  ? All
  : never;

/**
 * Drops what any of them drops. A filter that fails decides nothing: the event counts as failed only if no other drops it.
 * Throws `TypeError` for none at all.
 */
export function any<F extends readonly AnyMetadata[]>(...filters: F): Filter<MetadataOf<F[number]>> {
  return combine('any', filters);
}

/** Drops what all of them drop. A filter that fails decides nothing: the event counts as failed only if no other keeps it. Throws `TypeError` for none at all. */
export function all<F extends readonly AnyMetadata[]>(...filters: F): Filter<MetadataOf<F[number]>> {
  return combine('all', filters);
}

/** Keeps what the filter drops, and the other way round. */
export function not<M>(filter: Filter<M>): Filter<M> {
  return combine('not', [filter]);
}

function combine<M>(name: 'any' | 'all' | 'not', filters: readonly AnyMetadata[]): Filter<M> {
  const parts = filters.map(partOf);
  check(parts.length > 0, name, 'nothing', 'given a filter');
  const worker = parts[0]?.remote?.worker;
  const expressions = parts.flatMap(({ remote }) => (remote?.worker === worker && remote?.expression) || []);
  const together = worker && expressions.length === parts.length;
  return toFilter<M>(together ? remotePart(worker, { name, parts: expressions }) : { name, parts, cost: noCost() });
}
