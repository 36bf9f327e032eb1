/** What the publishers, subscribers, outboxes and inboxes of one log share. */
import type { StreamError } from '../errors.js';
import type { Appender } from './appender.js';
import type { Durability } from './database.js';
import type { Recent } from './recent.js';
import type { Lane, LogRecord } from './records.js';
import type { PumpState } from './status.js';
import type { TenureParts } from './tenure.js';

export interface Parts extends TenureParts {
  readonly appender: Appender;
  readonly recent: Recent;
  /** As asked for; outboxes and inboxes are strict otherwise. */
  readonly durability: Durability | undefined;
  readonly leaseMs: number;
  /** Of the database as it was seen last. */
  epoch(): string;
  /** Whoever has read or written the bookkeeping shows it. */
  see(log: LogRecord): void;
  /** Counts what is said in-band. */
  count(news: StreamError): void;
  /** What the pump of this lane shows of itself. */
  pump(lane: Lane): PumpState;
  /** Something that `status` shows has changed. */
  changed(): void;
}
