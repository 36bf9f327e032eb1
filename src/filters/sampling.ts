import type { Filter } from '../protocols.js';

/** Drops nothing. */
export const nullFilter: Filter = () => false;

/** Drops each event with this probability, whatever its metadata says. Throws `TypeError` outside [0, 1]. */
export function samplingFilter(probability: number, random: () => number = Math.random): Filter {
  if (!(probability >= 0 && probability <= 1))
    throw new TypeError(`The probability of dropping must be between 0 and 1, not ${probability}`);
  return () => random() < probability;
}
