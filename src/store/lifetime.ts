/** What a `Lifetime` comes to when an object is put. */
import { releases } from '../object-proxy.js';
import type { Lifetime } from '../protocols.js';
import { MAX_CONSUMERS } from './key.js';

export interface Terms {
  readonly consumers: number;
  /** Milliseconds since 1970; absent when it stays. */
  readonly expiresAt: number | undefined;
}

/** Whoever was to read it may have died: `defaultTtlMs` ends the wait for them. Throws `TypeError` for numbers that are none. */
export function termsOf(lifetime: Lifetime, defaultTtlMs: number): Terms {
  const { consumers = 1, ttlMs = releases(lifetime) ? defaultTtlMs : undefined } = typeof lifetime === 'object' ? lifetime : {};
  if (!Number.isInteger(consumers) || consumers < 1 || consumers > MAX_CONSUMERS)
    throw new TypeError(`consumers must be a whole number from 1 to ${MAX_CONSUMERS}, not ${consumers}`);
  if (ttlMs !== undefined && !(ttlMs > 0)) throw new TypeError(`ttlMs must be a number of milliseconds, not ${ttlMs}`);
  return { consumers, expiresAt: ttlMs === undefined ? undefined : Date.now() + ttlMs };
}
