/** Filters that a worker answers for. */
import type { FilterWorker } from './filter-worker.js';
import { openEye } from './incoming.js';
import { noCost, type Tree } from './judge.js';
import type { Part } from './part.js';
import type { Expression } from './protocol.js';
import { type Question, question } from './question.js';

/** One question, however many filters of the worker it is made of. */
export function remotePart(worker: FilterWorker, expression: Expression): Part {
  const asked = question(expression, treeOf(expression));
  return changingPart(worker, () => asked, expression);
}

/** Asks whatever the question is then. */
export function changingPart(worker: FilterWorker, asked: () => Question, expression?: Expression): Part {
  const { tree } = asked();
  const cost = noCost();
  const { incoming, ask } = openEye(worker, asked, cost);
  return { ...tree, cost, ask, remote: { worker, tree, incoming, expression } };
}

export function treeOf({ name, parameters, parts = [] }: Expression): Tree {
  return { name, parameters, parts: parts.map(treeOf), cost: noCost() };
}
