import { closedError, StreamError } from '../errors.js';
import type { AnySubscriber, EventPublisher, Publisher } from '../protocols.js';
import { Appender } from './appender.js';
import { readLog } from './commit.js';
import { type Database, IndexedDatabase } from './database.js';
import { Doorbell } from './doorbell.js';
import { Inbox, type InboxOptions } from './inbox.js';
import type { Given } from './inner.js';
import { later, loadPumps } from './later.js';
import { checkLogOptions, type LogLimits, type LogOptions } from './options.js';
import { Outbox, type OutboxOptions } from './outbox.js';
import type { Parts } from './parts.js';
import { LogPublisher } from './publisher.js';
import { Recent } from './recent.js';
import { LOG_LANE, type LogRecord } from './records.js';
import { type LogStatus, StatusBoard } from './status.js';
import { LogSubscriber, type LogSubscriberOptions } from './subscriber.js';
import type { DeadLetter, PurgeOptions } from './upkeep.js';

/**
 * Opens a log, and makes it where there is none. Rejects with `unsupported` without IndexedDB (unless `fallback` is `'memory'`),
 * `unsupported_version` when a newer release has written it, `storage_failed`, or `not_connected` when the code of the fallback cannot be loaded.
 */
export async function openLog(name: string, options: LogOptions = {}): Promise<Log> {
  const limits = checkLogOptions(name, options);
  const prefix = `proxystream/log/${name}`;
  const { locks } = globalThis.navigator ?? {};
  try {
    if (!locks) throw new StreamError('unsupported', 'There are no Web Locks here: a page needs HTTPS, or localhost');
    return await open({ storage: 'indexeddb', database: new IndexedDatabase(prefix), locks });
  } catch (error) {
    if (options.fallback !== 'memory' || !(error instanceof StreamError) || error.code === 'unsupported_version') throw error;
    // Hardly anybody ever needs it.
    const { MemoryDatabase, MemoryLocks } = await later(import('./memory.js'));
    return open({ storage: 'memory', database: new MemoryDatabase(), locks: new MemoryLocks() as unknown as LockManager });
  }

  async function open(medium: Medium): Promise<Log> {
    const { database } = medium;
    try {
      const log = await database.run({ stores: ['meta'], mode: 'readonly' }, readLog);
      return new Log(name, prefix, log, { ...limits, durability: options.durability, ...medium });
    } catch (error) {
      database.close();
      throw error;
    }
  }
}

/** Where a log is kept. */
interface Medium extends Pick<LogStatus, 'storage'>, Pick<Parts, 'database' | 'locks'> {}

export class Log implements AsyncDisposable {
  readonly #parts: Parts;
  readonly #open = new Set<{ close(): Promise<void> }>();
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(
    readonly name: string,
    prefix: string,
    log: LogRecord,
    options: Medium & LogLimits & Pick<Parts, 'durability'>,
  ) {
    const { storage, maxBytes } = options;
    const board = new StatusBoard(log, { storage, maxBytes });
    const bell = new Doorbell(storage === 'memory' ? `${prefix}/${crypto.randomUUID()}` : prefix);
    const recent = new Recent();
    const database = watch(options.database, board);
    const appender = new Appender(database, options, ({ log: after, segments, changed }) => {
      for (const { lane, record } of segments) recent.add({ epoch: after.epoch, lane, record });
      if (segments.length > 0) board.error = undefined;
      board.see(after);
      for (const lane of new Set(changed)) bell.post('ring', lane);
    });
    this.#parts = { ...options, board, database, bell, recent, prefix: `${prefix}/`, appender };
  }

  /** What is known here without looking. */
  get status(): LogStatus {
    return this.#parts.board.status();
  }

  /** Called whenever something has changed, as far as this tab knows. Returns how to stop. */
  onStatus(listener: (status: LogStatus) => void): () => void {
    return this.#parts.board.onStatus(listener);
  }

  /** Looks into the database. */
  async refresh(): Promise<LogStatus> {
    this.#parts.board.see(await this.#parts.database.run({ stores: ['meta'], mode: 'readonly' }, readLog));
    return this.status;
  }

  /** Stores what is sent, for subscribers of this log in any tab, now or later. */
  publisher(): LogPublisher {
    return this.#keep(() => new LogPublisher(this.#parts, LOG_LANE, { durability: this.#parts.durability ?? 'relaxed' }));
  }

  /** Reads what publishers of this log stored, in any tab: from now on, from `from` on, or, with a `name`, from where that stopped. */
  subscriber(topicFilter = '#', options: LogSubscriberOptions = {}): LogSubscriber {
    return this.#keep(() => new LogSubscriber(this.#parts, LOG_LANE, topicFilter, options));
  }

  /**
   * Stores what is sent, and passes it on through `publisher`, in order, while some tab has this outbox open: now, or when there is a connection again.
   * Takes the publisher over; of a function, one is made for each time that this tab's turn comes.
   */
  outbox(publisher: Given<Publisher | EventPublisher>, { name = 'outbox' }: OutboxOptions = {}): Outbox {
    const lane = `out/${name}`;
    return this.#keep(() => new Outbox(this.#parts, lane, publisher));
  }

  /**
   * Reads what `subscriber` receives, by way of the log. Takes the subscriber over; of a function, one is made for each time that this tab's turn comes.
   * An MQTT subscriber should have a `clientId` and `clean: false`: the broker forgets what arrives for any other while it is away.
   */
  inbox(subscriber: Given<AnySubscriber>, options: InboxOptions = {}): Inbox {
    const lane = `in/${options.inbox ?? options.name ?? 'inbox'}`;
    return this.#keep(() => new Inbox(this.#parts, lane, subscriber, options));
  }

  /** What outboxes could not send, oldest first. Rejects with `not_connected` when the code for it cannot be loaded. */
  async deadLetters(): Promise<DeadLetter[]> {
    const { listDeadLetters } = await loadPumps();
    return listDeadLetters(this.#parts.database);
  }

  /** Removes what is said. Rejects with `not_connected` when the code for it cannot be loaded. */
  async purge(options: PurgeOptions): Promise<LogStatus> {
    const { purge } = await loadPumps();
    this.#parts.board.see(await purge(this.#parts.database, options));
    for (const lane in this.#parts.board.log.lanes) this.#parts.bell.post('ring', lane);
    return this.status;
  }

  /** Asks the browser not to evict this site's data when the disk is full; some ask the user. Whether it will. */
  async requestPersistence(): Promise<boolean> {
    return (await navigator.storage?.persist?.()) ?? false;
  }

  /** Closes everything that was opened on it; what is stored stays. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#open].map((part) => part.close()));
    await this.#parts.appender.close();
    this.#parts.bell.close();
    this.#parts.database.close();
  }

  #keep<P extends { close(): Promise<void> }>(open: () => P): P {
    if (this.#closing) throw closedError();
    const part = open();
    this.#open.add(part);
    return part;
  }
}

/** Shows what may pass: there is no room, or the storage fails. That something can be done says nothing of the room for more. */
function watch(database: Database, board: StatusBoard): Database {
  return {
    close: () => database.close(),
    async run(work, body) {
      try {
        const result = await database.run(work, body);
        if (board.error?.code === 'storage_failed') board.error = undefined;
        return result;
      } catch (error) {
        if (error instanceof StreamError && /^(quota_exceeded|storage_failed)$/.test(error.code)) board.error = error;
        throw error;
      }
    },
  };
}
