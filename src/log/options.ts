import { check, checkOneOf } from '../check.js';
import type { Durability } from './database.js';

export interface LogOptions {
  /** Of everything that is stored. Beyond it the oldest goes, read or not; only what an outbox has still to send stays, and `send` rejects. Default 256 MiB. */
  readonly maxBytes?: number;
  /** What is older goes once every cursor has passed it, or its lease has run out. In milliseconds; default: no bound. */
  readonly maxAgeMs?: number;
  /** How long a named cursor that nobody reads keeps `maxAgeMs` from removing what it has not read. In milliseconds; default 7 days. */
  readonly leaseMs?: number;
  /**
   * `'relaxed'`: what was promised survives a crash of the page and of the browser, but perhaps not of the operating system, or a power cut.
   * `'strict'`: those too. Default: relaxed for `publisher()`, strict for outboxes and inboxes, whose other side forgets on our word.
   */
  readonly durability?: Durability;
  /** Without IndexedDB: fail with `unsupported` (default), or keep everything in the memory of this page alone, as `status.storage` says. */
  readonly fallback?: 'memory';
  /** A tab that reads or pumps and has not answered for so long is taken for frozen, and replaced. In milliseconds; default 10,000. */
  readonly silenceMs?: number;
}

const USUAL = { maxBytes: 256 * 2 ** 20, maxAgeMs: Number.POSITIVE_INFINITY, leaseMs: 7 * 86_400_000, silenceMs: 10_000 };

/** The bounds that a log keeps to. */
export type LogLimits = Readonly<typeof USUAL>;

/** Throws `TypeError`. */
export function checkLogOptions(name: string, options: LogOptions): LogLimits {
  check(typeof name === 'string' && name !== '', "A log's name", name, 'a non-empty string');
  checkOneOf('durability', options.durability, undefined, 'relaxed', 'strict');
  checkOneOf('fallback', options.fallback, undefined, 'memory');
  const limits = { ...USUAL };
  for (const option of Object.keys(USUAL) as (keyof LogLimits)[]) {
    const value = options[option];
    if (value === undefined) continue;
    // Timers count in 31 bits.
    check(value >= 1 && value < 2 ** (option === 'silenceMs' ? 31 : 53), option, value, 'from 1');
    limits[option] = value;
  }
  return limits;
}
