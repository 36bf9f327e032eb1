import type { Serializer } from './serializer.js';

export interface StoreOptions {
  /** How objects become bytes. Default: `Uint8Array`s as they are, all else as MessagePack (up to some 16 MB). */
  readonly serializer?: Serializer;
  /** Bytes of objects to keep in memory once they were read, so that reading them again costs nothing. Default 0. */
  readonly cacheBytes?: number;
  /** Larger objects are neither put nor fetched. Default 256 MiB. */
  readonly maxBytes?: number;
  /**
   * Objects of a producer's that take fewer bytes, roughly, travel in their event. Default 12,000: the largest that every broker takes in its stride
   * (Mosquitto's WebSockets stall from 16 kB on), and where all of them are wanted, the event is the quicker way even for larger ones.
   */
  readonly inlineBelow?: number;
  /** How long objects wait for consumers who may never come, unless their own `ttlMs` says. Default a day. */
  readonly ttlMs?: number;
  /**
   * `'if-possible'` (default): hashes are compared where the page can compute them (https, localhost), and `metrics.unverified` counts the others.
   * `'always'`: what cannot be verified is an `unsupported` error.
   */
  readonly verify?: 'if-possible' | 'always';
}

export const DEFAULTS = { cacheBytes: 0, maxBytes: 2 ** 28, inlineBelow: 12_000, ttlMs: 86_400_000, verify: 'if-possible' } as const;
