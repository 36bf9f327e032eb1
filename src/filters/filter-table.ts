/** The filters of one module by name, and the expressions over them that are asked about: the same in a worker and, where there is none, on the page. */
import { messagePack } from '../codec.js';
import { StreamError } from '../errors.js';
import type { EventBatch } from '../events.js';
import { toBits } from './bits.js';
import { type Answers, type AnyFilter, type Asked, asking, judge, noCost } from './judge.js';
import { layoutOf } from './layout.js';
import type { Expression, Matter, Order, Reply } from './protocol.js';

export class FilterTable<Filters extends Readonly<Record<string, AnyFilter>> = Readonly<Record<string, AnyFilter>>> {
  readonly #trees = new Map<number, Asked>();
  constructor(readonly filters: Filters) {}

  /** A reply to each question. */
  async obey(order: Order): Promise<Reply | undefined> {
    if (order.kind === 'define') this.#trees.set(order.id, this.#tree(order.expression));
    if (order.kind === 'forget') this.#trees.delete(order.id);
    return order.kind === 'ask' ? this.#answer(order.ask, order.id, order) : undefined;
  }

  async #answer(ask: number, id: number, { metadata, messages }: Matter): Promise<Reply> {
    const tree = this.#trees.get(id);
    if (!tree) throw new RangeError(`Expression ${id} was never defined`);
    if (metadata) return replyOf(ask, tree, await judge(tree, metadata));
    const batches = messages?.map(read) ?? [];
    const events = batches.flatMap((batch) => batch?.events ?? []);
    const given = (
      await judge(
        tree,
        events.flatMap((event) => (event.type === 'end' ? [] : event.metadata)),
      )
    ).values();
    const answers = events.map(({ type }) => (type === 'end' ? false : (given.next().value as Answers[0])));
    const layouts = batches.map((batch, i) => batch && layoutOf(messages?.[i] as Uint8Array, batch.events.length));
    return { ...replyOf(ask, tree, answers), layouts };
  }

  #tree({ name, parameters, parts }: Expression): Asked {
    const cost = noCost();
    if (parts) return { name, parts: parts.map((part) => this.#tree(part)), cost };
    return { name, parts: [], cost, ask: asking(this.#named(name), parameters) };
  }

  #named(name: string): AnyFilter {
    if (Object.hasOwn(this.filters, name)) return this.filters[name] as AnyFilter;
    const names = Object.keys(this.filters).join(', ');
    const unknown = new StreamError('filter_failed', `There is no filter "${name}": this worker serves ${names}`);
    return () => unknown;
  }
}

/** Nothing when it cannot be read: the page will say why. */
function read(message: Uint8Array): EventBatch | undefined {
  try {
    return messagePack.decode(message, '');
  } catch {
    return undefined;
  }
}

function replyOf(ask: number, tree: Asked, answers: Answers): Reply {
  const drops = toBits(answers.length, (i) => answers[i] === true);
  const costs = takeCosts(tree);
  const failure = answers.find((answer) => answer instanceof StreamError);
  if (!failure) return { ask, drops, costs };
  const failures = toBits(answers.length, (i) => answers[i] instanceof StreamError);
  const { code, message } = failure;
  return { ask, drops, failures, reason: { code, message: message.slice(0, 1000) }, costs };
}

/** Since they were last taken. */
function takeCosts({ cost, parts }: Asked): number[] {
  const { seen, dropped, failed, ms } = cost;
  Object.assign(cost, noCost());
  return [seen, dropped, failed, ms, ...parts.flatMap(takeCosts)];
}
