/**
 * A log in IndexedDB: what is sent is kept for whoever is away, across tabs, reloads and crashes.
 *
 * ```ts
 * const log = await openLog('quakes', { maxBytes: 200e6, maxAgeMs: 7 * 86_400_000 });
 * const producer = new StreamProducer<Quake>(log.publisher());
 * const consumer = new StreamConsumer<Quake>(log.subscriber('quakes/+', { name: 'board' })); // resumes where 'board' stopped
 * ```
 */
export type { Durability } from './database.js';
export type { Inbox, InboxOptions } from './inbox.js';
export type { Given } from './inner.js';
export { type Log, openLog } from './log.js';
export type { LogOptions } from './options.js';
export type { Outbox, OutboxOptions } from './outbox.js';
export type { LogPublisher } from './publisher.js';
export type { From } from './reading.js';
export type { Offset } from './records.js';
export type { LogMessage } from './segment.js';
export type { CursorStatus, InboxStatus, LogStatus, OutboxStatus } from './status.js';
export type { LogSubscriber, LogSubscriberOptions } from './subscriber.js';
export type { DeadLetter, PurgeOptions } from './upkeep.js';
