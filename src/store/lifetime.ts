/** What a `Lifetime` comes to when an object is put. */
import type { Lifetime } from '../protocols.js';
import { MAX_CONSUMERS } from './key.js';

export interface Terms {
  /** 0: whoever reads it gives nothing back. */
  readonly consumers: number;
  /** Milliseconds since 1970; absent when it stays. */
  readonly expiresAt: number | undefined;
}

/** Whoever was to read it may have died: `defaultTtlMs` ends the wait for them. Throws `TypeError` for numbers that are none. */
export function termsOf(lifetime: Lifetime, defaultTtlMs: number): Terms {
  if (!lifetime) return { consumers: 1, expiresAt: undefined };
  const { consumers, ttlMs }: Exclude<Lifetime, boolean> = lifetime === true ? { consumers: 1 } : lifetime;
  if (consumers !== undefined && !(Number.isInteger(consumers) && consumers >= 1 && consumers <= MAX_CONSUMERS))
    throw new TypeError(`consumers must be a whole number from 1 to ${MAX_CONSUMERS}, not ${consumers}`);
  if (ttlMs !== undefined && !(ttlMs > 0)) throw new TypeError(`ttlMs must be a number of milliseconds, not ${ttlMs}`);
  const waitMs = ttlMs ?? (consumers ? defaultTtlMs : undefined);
  return { consumers: consumers ?? 0, expiresAt: waitMs === undefined ? undefined : Date.now() + waitMs };
}
