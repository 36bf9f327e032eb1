/** What a filter worker is asked, and what it says. */
import { StreamError } from '../errors.js';
import type { Metadata } from '../events.js';
import type { Verdict } from '../filter.js';
import { bitAt } from './bits.js';
import { type Answers, type Cost, noCost, type Tree } from './judge.js';
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

export function answerAt(reply: Reply | StreamError, index: number): Verdict {
  if (reply instanceof StreamError) return reply;
  const failure = reply.failures?.get(index);
  return failure ? StreamError.from(failure) : bitAt(reply.drops, index);
}

/** Asks only about those that are not settled. */
export async function fillIn(
  metadata: readonly Metadata[],
  settled: (facts: Metadata) => Verdict | undefined,
  ask: (open: readonly Metadata[]) => Promise<Answers>,
): Promise<Answers> {
  const answers = metadata.map(settled);
  const given = (await ask(metadata.filter((_, i) => answers[i] === undefined))).values();
  return answers.map((answer) => answer ?? (given.next().value as Verdict));
}

/** Parents first, as they come. */
export function charge(tree: Tree, costs: readonly Cost[]): void {
  const next = costs.values();
  const add = ({ cost, parts }: Tree) => {
    const more = next.next().value ?? noCost();
    for (const fact in cost) cost[fact as keyof Cost] += more[fact as keyof Cost];
    parts.forEach(add);
  };
  add(tree);
}
