/** What the publishers, subscribers, outboxes and inboxes of one log share. */
import type { Appender } from './appender.js';
import type { Durability } from './database.js';
import type { Recent } from './recent.js';
import type { StatusBoard } from './status.js';
import type { TenureParts } from './tenure.js';

export interface Parts extends TenureParts {
  readonly appender: Appender;
  readonly recent: Recent;
  /** Whoever has read or written the bookkeeping shows it here, and what it says in-band. */
  readonly board: StatusBoard;
  /** As asked for; outboxes and inboxes are strict otherwise. */
  readonly durability: Durability | undefined;
  readonly leaseMs: number;
}
