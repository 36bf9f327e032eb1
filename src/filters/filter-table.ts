/** The filters of one module by name, and the expressions over them that are asked about: the same in a worker and, where there is none, on the page. */
import { messagePack } from '../codec.js';
import { StreamError } from '../errors.js';
import type { EventBatch, ObjectEvent, StreamEvent } from '../events.js';
import type { Verdict } from '../filter.js';
import type { Filter } from '../protocols.js';
import { toBits } from './bits.js';
import { type Answers, type Asked, asking, type Cost, judge, noCost } from './judge.js';
import type { Expression, Matter, Order, Reply } from './protocol.js';
import { without } from './without.js';

/** A filter that anyone wrote, with or without parameters. */
export interface AnyFilter {
  // biome-ignore lint/suspicious/noExplicitAny: a filter may name the metadata and the parameters it expects
  (metadata: any, parameters?: any): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  batch?(metadata: any, parameters?: any): unknown;
}

export class FilterTable<Filters extends Readonly<Record<string, AnyFilter>> = Readonly<Record<string, AnyFilter>>> {
  readonly #trees = new Map<number, Asked>();
  constructor(readonly filters: Filters) {}

  /** A reply to each question. */
  async obey(order: Order): Promise<Reply | undefined> {
    if (order.kind === 'forget') this.#trees.delete(order.id);
    if (order.kind !== 'ask') return undefined;
    if (order.expression) this.#trees.set(order.id, this.#tree(order.expression));
    return this.#answer(order.ask, order.id, order);
  }

  async #answer(ask: number, id: number, { metadata, messages }: Matter): Promise<Reply> {
    const tree = this.#trees.get(id);
    if (!tree) throw new RangeError(`Expression ${id} was never defined`);
    if (metadata) return replyOf(ask, tree, await judge(tree, metadata));
    const batches = messages?.map(read) ?? [];
    const asked = batches.flatMap((batch) => batch?.events.filter(isAsked) ?? []);
    const given = (
      await judge(
        tree,
        asked.map(({ metadata }) => metadata),
      )
    ).values();
    const answers: Verdict[] = [];
    const left = batches.map((batch, i) => {
      if (!batch) return undefined;
      const gone = batch.events.map((event) => {
        if (!isAsked(event)) return false;
        const answer = given.next().value as Verdict;
        const isGone = answer === true && event.type === 'inline';
        if (!isGone) answers.push(answer);
        return isGone;
      });
      const dropped = gone.filter(Boolean).length;
      return dropped > 0 ? { dropped, message: without(messages?.[i] as Uint8Array, gone) } : { dropped };
    });
    return { ...replyOf(ask, tree, answers), left };
  }

  #tree({ name, parameters, parts }: Expression): Asked {
    const cost = noCost();
    if (parts) return { name, parts: parts.map((part) => this.#tree(part)), cost };
    return { name, parts: [], cost, ask: asking(bind(this.#named(name), parameters)) };
  }

  #named(name: string): AnyFilter {
    if (Object.hasOwn(this.filters, name)) return this.filters[name] as AnyFilter;
    const names = Object.keys(this.filters).join(', ');
    const unknown = new StreamError('filter_failed', `There is no filter "${name}": this worker serves ${names}`);
    return () => unknown;
  }
}

function bind(filter: AnyFilter, parameters: unknown): Filter {
  const bound = (metadata: unknown) => filter(metadata, parameters);
  const batch = filter.batch && ((metadata: unknown) => filter.batch?.(metadata, parameters));
  return Object.assign(bound, batch && { batch }) as Filter;
}

function isAsked(event: StreamEvent): event is ObjectEvent {
  return event.type !== 'end';
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
  const { code, message } = failure;
  const reason = { code, message: message.slice(0, 1000) };
  const failures = new Map(answers.flatMap((answer, i) => (answer instanceof StreamError ? [[i, reason] as const] : [])));
  return { ask, drops, failures, costs };
}

/** Since they were last taken. */
function takeCosts({ cost, parts }: Asked): Cost[] {
  const taken = { ...cost };
  Object.assign(cost, noCost());
  return [taken, ...parts.flatMap(takeCosts)];
}
