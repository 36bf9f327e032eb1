/**
 * Filters as data: MongoDB-style queries over metadata, to be stored, sent and changed while they run. No code of yours, no `eval`.
 * **What matches is dropped.**
 *
 * ```ts
 * const filter = where<QuakeMetadata>({ mag: { $lt: 2.5 } }, { worker: true });
 * const consumer = new StreamConsumer<Quake>(subscriber, { filter });
 * filter.update({ mag: { $lt: 4 } });
 * ```
 */
import type { Metadata } from '../events.js';
import type { Filter } from '../protocols.js';
import { type FilterWorker, openFilterWorker } from './filter-worker.js';
import { asking, noCost, type Tree } from './judge.js';
import { type Part, toFilter } from './part.js';
import { type Question, question } from './question.js';
import { changingPart } from './remote.js';
import { checkQuery } from './where-check.js';
import { compile, whereFilters } from './where-query.js';

export interface WhereOptions {
  /** Runs in a worker of the SDK's own, which all such filters of a page share; on the page where no worker can start. Default false. */
  readonly worker?: boolean;
  /** Takes `$regex` and regular expressions as values. They can take for ever; in the worker that costs a deadline, on the page it costs the page. Default false. */
  readonly allowRegex?: boolean;
}

/** A filter whose query can be changed while it runs: what is asked from then on is judged by the new one. */
export interface WhereFilter<M> extends Filter<M> {
  readonly query: WhereQuery<M>;
  /** Throws like `where`, and changes nothing then. */
  update(query: WhereQuery<M>): void;
}

type Scalar = string | number | boolean | bigint | null | Date | RegExp;
type Item<V> = V extends readonly (infer I)[] ? I : V;
type Bound<V> = Extract<Item<V>, string | number | Date>;

export interface WhereOperators<V> {
  readonly $eq?: Item<V> | null;
  readonly $ne?: Item<V> | null;
  readonly $gt?: Bound<V>;
  readonly $gte?: Bound<V>;
  readonly $lt?: Bound<V>;
  readonly $lte?: Bound<V>;
  readonly $in?: readonly (Item<V> | null | RegExp)[];
  readonly $nin?: readonly (Item<V> | null | RegExp)[];
  readonly $all?: readonly Item<V>[];
  readonly $size?: number;
  readonly $mod?: readonly [divisor: number, remainder: number];
  readonly $exists?: boolean;
  readonly $not?: WhereOperators<V> | RegExp;
  // biome-ignore lint/suspicious/noExplicitAny: fields of whatever the list holds
  readonly $elemMatch?: WhereOperators<Item<V>> | WhereQuery<any>;
  readonly $regex?: string | RegExp;
  readonly $options?: string;
}

/** Fields of the metadata and what they have to be, all of it. Fields within fields by their path: `'place.country'`. */
export type WhereQuery<M = Metadata> = {
  readonly [Field in keyof M]?: Extract<Item<M[Field]>, Scalar> | RegExp | null | WhereOperators<M[Field]>;
} & {
  readonly [Path in `${string}.${string}`]?: Scalar | WhereOperators<Scalar>;
} & {
  readonly $and?: readonly WhereQuery<M>[];
  readonly $or?: readonly WhereQuery<M>[];
  readonly $nor?: readonly WhereQuery<M>[];
};

/**
 * Drops the events whose metadata matches. Operators: `$eq $ne $gt $gte $lt $lte $in $nin $all $size $mod $exists $not $elemMatch $and $or $nor`, and
 * `$regex` where allowed. Values of different kinds are neither equal nor more nor less, so a missing field is not below anything.
 * Throws `TypeError` for what is not among these, is nested deeper than 8 levels, or has more than 1000 parts.
 */
export function where<M = Metadata>(
  query: WhereQuery<NoInfer<M>>,
  { worker = false, allowRegex = false }: WhereOptions = {},
): WhereFilter<M> {
  let current = checked(query);
  const content = worker ? askWorker(current) : askPage(current);
  const filter = toFilter<M>(content.part);
  return Object.defineProperty(Object.assign(filter, { update }), 'query', { get: () => current }) as unknown as WhereFilter<M>;

  function update(next: WhereQuery<M>): void {
    current = checked(next);
    content.use(current);
  }

  function checked(candidate: WhereQuery<M>): WhereQuery<M> {
    checkQuery(candidate, { allowRegex });
    compile(candidate); // whatever else the library does not like, such as a pattern that is none
    return structuredClone(candidate);
  }
}

interface Changeable {
  readonly part: Part;
  use(query: object): void;
}

function askPage(first: object): Changeable {
  const use = (query: object) => ({ query, ask: asking(compile(query)) });
  let now = use(first);
  const part: Part = {
    name: 'where',
    get parameters() {
      return now.query;
    },
    parts: [],
    cost: noCost(),
    ask: (metadata) => now.ask(metadata),
  };
  return { part, use: (query) => (now = use(query)) };
}

let shared: FilterWorker | undefined;

function ownWorker(): FilterWorker {
  // Bundlers look for these very words.
  const start = () => new Worker(new URL('./where-worker.js', import.meta.url), { type: 'module' });
  shared ??= openFilterWorker(start, {}, async () => new (await import('./filter-table.js')).FilterTable(whereFilters));
  return shared;
}

function askWorker(first: object): Changeable {
  const worker = ownWorker();
  let now = first;
  const tree: Tree = {
    name: 'where',
    get parameters() {
      return now;
    },
    parts: [],
    cost: noCost(),
  };
  const ask = (query: object) => question({ name: 'where', parameters: { query } }, tree);
  let asked: Question = ask(first);
  return {
    part: changingPart(worker, () => asked),
    use: (query) => {
      worker.forget(asked);
      now = query;
      asked = ask(query);
    },
  };
}
