import type { EventBatch } from './events.js';

/** `'first'`: at the first end; `'all'`: once every stream seen has ended; a number: once that many producers have; `'never'`. */
export type EndOfStreamRule = 'first' | 'all' | 'never' | number;

/** Knows when a consumer's stream is over. Streams are told apart by producer and topic. */
export class EndRule {
  readonly #rule: EndOfStreamRule;
  readonly #open = new Map<string, Set<string>>();
  readonly #ended = new Set<string>();
  /** Sticky. */
  reached = false;

  constructor(rule: EndOfStreamRule) {
    if (!['first', 'all', 'never'].includes(rule as string) && !(Number.isInteger(rule) && (rule as number) > 0)) {
      throw new TypeError(`endOfStream must be 'first', 'all', 'never' or a number of producers, not ${rule}`);
    }
    this.#rule = rule;
  }

  saw({ producer = '', topic }: EventBatch): void {
    if (this.#rule !== 'all' && typeof this.#rule !== 'number') return;
    const topics = this.#open.get(producer) ?? new Set();
    this.#open.set(producer, topics.add(topic));
    this.#ended.delete(producer);
  }

  ended({ producer = '', topic }: EventBatch): void {
    if (this.#rule === 'never') return;
    const topics = this.#open.get(producer);
    topics?.delete(topic);
    if (!topics?.size) {
      this.#open.delete(producer);
      this.#ended.add(producer);
    }
    this.reached ||= this.#rule === 'first' || (this.#rule === 'all' ? this.#open.size === 0 : this.#ended.size >= this.#rule);
  }
}
