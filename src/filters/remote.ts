/** Filters that a worker answers for. */
import type { FilterWorker } from './filter-worker.js';
import { noCost, type Tree } from './judge.js';
import { leaf, type Named, type Part } from './part.js';
import type { Expression } from './protocol.js';
import type { Question } from './question.js';

let lastId = 0;

export function question(expression: Expression, tree: Tree<Named>): Question {
  return { id: ++lastId, expression, strikes: 0, charge: (costs) => charge(tree, costs) };
}

/** One question, however many filters of the worker it is made of. */
export function remotePart(worker: FilterWorker, expression: Expression): Part {
  const tree = treeOf(expression);
  const asked = question(expression, tree);
  const { name, parameters } = tree.leaf ?? { name: tree.op };
  return leaf({
    name,
    parameters,
    ask: (metadata) => worker.ask(asked, metadata),
    remote: { worker, expression, tree, report: () => worker.report },
  });
}

export function treeOf(expression: Expression): Tree<Named> {
  const cost = noCost();
  if (expression.op === 'leaf') return { op: 'leaf', parts: [], leaf: expression, cost };
  return { op: expression.op, parts: expression.parts.map(treeOf), cost };
}

/** Parents first, as they come. */
function charge(tree: Tree<Named>, costs: readonly number[]): void {
  let at = 0;
  const next = () => {
    const value = costs[at++];
    return Number.isFinite(value) ? (value as number) : 0;
  };
  const add = ({ cost, parts }: Tree<Named>) => {
    cost.seen += next();
    cost.dropped += next();
    cost.failed += next();
    cost.ms += next();
    parts.forEach(add);
  };
  add(tree);
}
