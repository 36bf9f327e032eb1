/** Filters that a worker answers for. */
import type { FilterWorker } from './filter-worker.js';
import { openEye } from './incoming.js';
import { noCost, type Tree } from './judge.js';
import type { Part } from './part.js';
import type { Expression } from './protocol.js';
import { type Question, question } from './question.js';

/** One question, however many filters of the worker it is made of. */
export function remotePart(worker: FilterWorker, expression: Expression): Part {
  const tree = treeOf(expression);
  const asked = question(expression, tree);
  return changingPart(worker, tree, () => asked, expression);
}

/** Asks whatever the question is then. */
export function changingPart(worker: FilterWorker, tree: Tree, asked: () => Question, expression?: Expression): Part {
  const cost = noCost();
  const { incoming, ask } = openEye(worker, asked, cost);
  return { name: tree.name, parts: [], cost, ask, remote: { worker, tree, incoming, expression } };
}

export function treeOf({ name, parameters, parts = [] }: Expression): Tree {
  return { name, parameters, parts: parts.map(treeOf), cost: noCost() };
}
