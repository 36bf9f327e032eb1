/** The filters of one module by name, and the expressions over them that are asked about: the same in a worker and, where there is none, on the page. */
import { StreamError } from '../errors.js';
import type { Metadata } from '../events.js';
import { type Answers, type AnyFilter, askFilter, judge, noCost, type Tree } from './judge.js';
import type { Expression } from './protocol.js';

interface Leaf {
  readonly filter: AnyFilter;
  readonly parameters: unknown;
}

export class FilterTable<Filters extends Readonly<Record<string, AnyFilter>> = Readonly<Record<string, AnyFilter>>> {
  readonly #trees = new Map<number, Tree<Leaf>>();
  constructor(readonly filters: Filters) {}

  define(id: number, expression: Expression): void {
    this.#trees.set(id, this.#tree(expression));
  }

  forget(id: number): void {
    this.#trees.delete(id);
  }

  ask(id: number, metadata: readonly Metadata[]): Answers | Promise<Answers> {
    const tree = this.#trees.get(id);
    if (!tree) throw new RangeError(`Expression ${id} was never defined`);
    return judge(tree, metadata, ({ filter, parameters }, asked) => askFilter(filter, asked, parameters));
  }

  /** Costs since they were last taken. */
  takeCosts(id: number): readonly number[] {
    const costs: number[] = [];
    const tree = this.#trees.get(id);
    if (tree) collect(tree, costs);
    return costs;
  }

  #tree(expression: Expression): Tree<Leaf> {
    const cost = noCost();
    if (expression.op !== 'leaf') return { op: expression.op, parts: expression.parts.map((part) => this.#tree(part)), cost };
    const { name, parameters } = expression;
    return { op: 'leaf', parts: [], leaf: { filter: this.#named(name), parameters }, cost };
  }

  #named(name: string): AnyFilter {
    if (Object.hasOwn(this.filters, name)) return this.filters[name] as AnyFilter;
    const names = Object.keys(this.filters).join(', ');
    const unknown = new StreamError('filter_failed', `There is no filter "${name}": this worker serves ${names}`);
    return () => unknown;
  }
}

function collect({ cost, parts }: Tree<Leaf>, into: number[]): void {
  into.push(cost.seen, cost.dropped, cost.failed, cost.ms);
  Object.assign(cost, noCost());
  for (const part of parts) collect(part, into);
}
