/**
 * Ready-made filters. **True drops.**
 *
 * ```ts
 * new StreamConsumer(subscriber, { filter: keep((m) => m.mag >= 2.5) });
 * ```
 */
import type { Metadata } from '../events.js';
import type { Filter } from '../protocols.js';

/** Drops nothing. */
export const nullFilter: Filter = () => false;

/** Drops each event with this probability, whatever its metadata says. Throws `TypeError` outside [0, 1]. */
export function samplingFilter(probability: number, random: () => number = Math.random): Filter {
  if (!(probability >= 0 && probability <= 1))
    throw new TypeError(`The probability of dropping must be between 0 and 1, not ${probability}`);
  return () => random() < probability;
}

/** For those who think in `Array.filter`: keeps what the predicate says yes to, drops the rest. */
// biome-ignore lint/suspicious/noExplicitAny: metadata is whatever the producer said
export function keep<M = Record<string, any>>(predicate: (metadata: M) => boolean | Promise<boolean>): Filter<M> {
  return (metadata) => {
    const kept = predicate(metadata);
    return typeof kept === 'boolean' ? !kept : negate(kept);
  };
}

async function negate(answer: Promise<boolean>): Promise<boolean> {
  const kept = await answer;
  // A sloppy truthy value must stay recognisable as no answer at all.
  return typeof kept === 'boolean' ? !kept : kept;
}

export type { Filter, Metadata };
