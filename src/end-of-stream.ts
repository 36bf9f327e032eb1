import { check } from './check.js';
import type { EventBatch } from './events.js';

/** `'first'`: at the first end; `'all'`: once every stream seen has ended; a number: once that many producers have; `'never'`. */
export type EndOfStreamRule = 'first' | 'all' | 'never' | number;

export interface EndRule {
  saw(batch: EventBatch): void;
  /** Whether this end is the end of it all. */
  ended(batch: EventBatch): boolean;
}

/** Knows when a consumer's stream is over. Streams are told apart by producer and topic. */
export function openEndRule(rule: EndOfStreamRule): EndRule {
  const open = new Map<string, Set<string>>();
  const over = new Set<string>();
  const counts = rule === 'all' || (Number.isInteger(rule) && (rule as number) > 0);
  check(counts || rule === 'first' || rule === 'never', 'endOfStream', rule, "'first', 'all', 'never' or a number of producers");
  return {
    saw({ producer = '', topic }) {
      if (!counts) return;
      const topics = open.get(producer) ?? new Set();
      open.set(producer, topics.add(topic));
      over.delete(producer);
    },
    ended({ producer = '', topic }) {
      if (!counts) return rule === 'first';
      const topics = open.get(producer);
      topics?.delete(topic);
      if (!topics?.size) {
        open.delete(producer);
        over.add(producer);
      }
      return rule === 'all' ? open.size === 0 : over.size >= (rule as number);
    },
  };
}
