import { checkCount, checkOneOf } from './check.js';
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
  /** The topics that each producer has not ended. */
  const open = new Map<string, Set<string>>();
  if (typeof rule === 'number') checkCount('endOfStream', rule);
  else checkOneOf('endOfStream', rule, 'first', 'all', 'never');
  const counts = typeof rule === 'number' || rule === 'all';
  return {
    saw({ producer = '', topic }) {
      if (counts) open.set(producer, (open.get(producer) ?? new Set()).add(topic));
    },
    ended({ producer = '', topic }) {
      if (!counts) return rule === 'first';
      open.get(producer)?.delete(topic);
      const over = [...open.values()].filter(({ size }) => size === 0);
      return over.length >= (rule === 'all' ? open.size : (rule as number));
    },
  };
}
