/** What a filter worker is asked, and what it says. */
import { StreamError } from '../errors.js';
import { bitAt } from './bits.js';
import type { Answers, Tree } from './judge.js';
import type { Expression, Matter, Reply } from './protocol.js';

/** An expression with a name of its own in its worker. */
export interface Question {
  readonly id: number;
  readonly expression: Expression;
  /** Bears what the worker spends on it. */
  readonly tree: Tree;
  /** Deadlines missed in a row. */
  strikes: number;
}

let lastId = 0;

export function question(expression: Expression, tree: Tree): Question {
  return { id: ++lastId, expression, tree, strikes: 0 };
}

/** On its way to the worker and back. */
export interface Ask {
  readonly ask: number;
  readonly question: Question;
  readonly matter: Matter;
  readonly resolve: (reply: Reply | StreamError) => void;
  /** Deadlines missed with it. */
  missed: number;
}

export function readAnswers(reply: Reply | StreamError, count: number): Answers {
  if (reply instanceof StreamError) return Array(count).fill(reply);
  const { drops, failures, reason } = reply;
  const error = reason && StreamError.from(reason);
  return Array.from({ length: count }, (_, i) => (error && bitAt(failures, i) ? error : bitAt(drops, i)));
}

/** Parents first, as they come. */
export function charge(tree: Tree, costs: readonly number[]): void {
  const next = costs.values();
  const add = ({ cost, parts }: Tree) => {
    for (const fact of ['seen', 'dropped', 'failed', 'ms'] as const) cost[fact] += next.next().value ?? 0;
    parts.forEach(add);
  };
  add(tree);
}
