/** A filter as a tree of parts: what page and worker both evaluate, a batch at a time. No knowledge of either. */
import { StreamError, toStreamError } from '../errors.js';
import type { Metadata } from '../events.js';

/** Drop it, keep it, or why that could not be said. */
export type Answer = boolean | StreamError;
/** One for each event, in order. */
export type Answers = readonly Answer[];

/** Since the part was made. */
export interface Cost {
  /** Events that it was asked about. */
  seen: number;
  dropped: number;
  /** Events that it failed on. */
  failed: number;
  /** Milliseconds from question to answer. */
  ms: number;
}

export interface Tree<Leaf> {
  readonly op: 'any' | 'all' | 'not' | 'leaf';
  readonly parts: readonly Tree<Leaf>[];
  readonly leaf?: Leaf;
  readonly cost: Cost;
}

type Ask<Leaf> = (leaf: Leaf, metadata: readonly Metadata[]) => Answers | Promise<Answers>;

export const noCost = (): Cost => ({ seen: 0, dropped: 0, failed: 0, ms: 0 });

/** Asks each part only about what those before it left open. A part that fails decides nothing; where no other part decides, the answer is its error. */
export function judge<Leaf>(tree: Tree<Leaf>, metadata: readonly Metadata[], ask: Ask<Leaf>): Answers | Promise<Answers> {
  const started = performance.now();
  return after(decide(tree, metadata, ask), (answers) => {
    note(tree.cost, answers, performance.now() - started);
    return answers;
  });
}

function decide<Leaf>({ op, parts, leaf }: Tree<Leaf>, metadata: readonly Metadata[], ask: Ask<Leaf>): Answers | Promise<Answers> {
  if (op === 'leaf') return ask(leaf as Leaf, metadata);
  if (op === 'not') return after(judge(parts[0] as Tree<Leaf>, metadata, ask), (answers) => answers.map(opposite));
  return combine(op === 'any', parts, metadata, ask);
}

/** `any` is decided by the first true, `all` by the first false. */
function combine<Leaf>(
  deciding: boolean,
  parts: readonly Tree<Leaf>[],
  metadata: readonly Metadata[],
  ask: Ask<Leaf>,
): Answers | Promise<Answers> {
  const answers: Answer[] = metadata.map(() => !deciding);
  let open = Array.from(metadata.keys());
  const take = (given: Answers) => {
    open = open.filter((at, i) => {
      const answer = given[i] as Answer;
      if (answer !== !deciding) answers[at] = answer;
      return answer !== deciding;
    });
  };
  const from = (index: number): Answers | Promise<Answers> => {
    const part = parts[index];
    if (!part || open.length === 0) return answers;
    const asked = open.length === metadata.length ? metadata : open.map((at) => metadata[at] as Metadata);
    return after(judge(part, asked, ask), (given) => {
      take(given);
      return from(index + 1);
    });
  };
  return from(0);
}

function opposite(answer: Answer): Answer {
  return typeof answer === 'boolean' ? !answer : answer;
}

export function note(cost: Cost, answers: Answers, ms: number): void {
  cost.seen += answers.length;
  cost.ms += ms;
  for (const answer of answers) {
    if (answer === true) cost.dropped++;
    else if (answer !== false) cost.failed++;
  }
}

/** A filter that anyone wrote, with or without parameters. */
export interface AnyFilter {
  // biome-ignore lint/suspicious/noExplicitAny: a filter may name the metadata and the parameters it expects
  (metadata: any, parameters?: any): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  batch?(metadata: any, parameters?: any): unknown;
}

/** Whatever the filter does, there is an answer for each event; at once when it answers at once. */
export function askFilter(filter: AnyFilter, metadata: readonly Metadata[], parameters?: unknown): Answers | Promise<Answers> {
  if (filter.batch) {
    const given = attempt(() => filter.batch?.(metadata, parameters));
    return after(given, (answers) => inFull(answers, metadata.length));
  }
  const given = metadata.map((facts) => attempt(() => filter(facts, parameters)));
  return given.some((answer) => answer instanceof Promise) ? Promise.all(given).then((all) => all.map(checked)) : given.map(checked);
}

function attempt(ask: () => unknown): unknown {
  try {
    const answer = ask();
    if (typeof (answer as PromiseLike<unknown>)?.then !== 'function') return answer;
    return Promise.resolve(answer).then((value) => value, threw);
  } catch (error) {
    return threw(error);
  }
}

function threw(error: unknown): StreamError {
  return toStreamError(error, 'filter_failed', 'The filter threw');
}

function inFull(answers: unknown, count: number): Answers {
  if (Array.isArray(answers) && answers.length === count) return Array.from(answers, checked);
  const wrong =
    answers instanceof StreamError ? answers : new StreamError('filter_failed', `filter.batch must answer with ${count} booleans in order`);
  return Array.from({ length: count }, () => wrong);
}

function checked(answer: unknown): Answer {
  if (typeof answer === 'boolean' || answer instanceof StreamError) return answer;
  return new StreamError('filter_failed', `The filter must answer true (drop) or false (keep), not ${typeof answer}`);
}

/** Stays in this turn when it can. */
export function after<T, R>(value: T | Promise<T>, then: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(then) : then(value);
}
