/** The database: opened when it is needed, opened anew when its handle has died, each transaction whole or not at all. */
import { type IDBPDatabase, openDB } from 'idb';
import { StreamError, toStreamError } from '../../errors.js';
import { unlessAborted } from '../../unless-aborted.js';
import { Reading, type Schema, STORES, Writing } from './transaction.js';

export type { Facts } from './transaction.js';
export { Writing } from './transaction.js';

const ATTEMPTS = 3;
const OPEN_MS = 10_000;
/** WebKit loses connections in background tabs, and says so in these ways. */
const DEAD = /^(InvalidStateError|UnknownError|AbortError)$/;

export class Database {
  readonly #name: string;
  readonly #durability: 'relaxed' | 'strict';
  readonly #closed = new AbortController();
  #handle: Promise<IDBPDatabase<Schema>> | undefined;

  constructor(name: string, durability: 'relaxed' | 'strict') {
    this.#name = name;
    this.#durability = durability;
  }

  read<R>(work: (tx: Reading) => Promise<R>, signal?: AbortSignal): Promise<R> {
    return this.#transact((db) => {
      const tx = db.transaction(STORES, 'readonly');
      return Promise.all([work(new Reading(tx)), tx.done]);
    }, signal);
  }

  /** Settles when the transaction is complete. What `work` throws undoes it. */
  write<R>(work: (tx: Writing) => Promise<R>): Promise<R> {
    return this.#transact(async (db) => {
      const tx = db.transaction(STORES, 'readwrite', { durability: this.#durability });
      try {
        const result = await work(new Writing(tx));
        await tx.done;
        return [result];
      } catch (error) {
        abort(tx);
        // That there is no room shows in the transaction; requests that were under way only say that they were aborted.
        const why = await tx.done.catch((reason) => reason);
        throw isQuota(why) ? why : error;
      }
    });
  }

  async close(reason: StreamError): Promise<void> {
    this.#closed.abort(reason);
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.then((db) => db.close()).catch(() => {}); // it is not open, then
  }

  async #transact<R>(attempt: (db: IDBPDatabase<Schema>) => Promise<readonly [R, ...unknown[]]>, signal?: AbortSignal): Promise<R> {
    const over = AbortSignal.any(signal ? [signal, this.#closed.signal] : [this.#closed.signal]);
    for (let n = 1; ; n++) {
      over.throwIfAborted();
      this.#handle ??= this.#open();
      const handle = this.#handle;
      try {
        const [result] = await unlessAborted(handle.then(attempt), over);
        return result;
      } catch (error) {
        if (error instanceof StreamError || over.aborted) throw error;
        if ((error as Error).name === 'VersionError')
          throw toStreamError(error, 'unsupported_version', 'The database was made by a newer version: update proxystream');
        if (isQuota(error)) throw toStreamError(error, 'quota_exceeded', 'The browser has no room for the object');
        if (this.#handle === handle) this.#discard(handle);
        if (!DEAD.test((error as Error).name) || n === ATTEMPTS) throw toStreamError(error, 'connection_lost', 'IndexedDB has failed');
      }
    }
  }

  async #open(): Promise<IDBPDatabase<Schema>> {
    if (typeof indexedDB === 'undefined') throw new StreamError('unsupported', 'There is no IndexedDB here: use another connector');
    const opening = openDB<Schema>(this.#name, 1, {
      upgrade(db) {
        db.createObjectStore('bytes');
        db.createObjectStore('facts', { keyPath: 'key' }).createIndex('expiresAt', 'expiresAt');
        db.createObjectStore('total');
      },
      // A newer version, or somebody who deletes the database, must not wait for this page.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
      terminated: () => {
        this.#handle = undefined;
      },
    });
    const late = AbortSignal.timeout(OPEN_MS);
    return unlessAborted(opening, late).catch((error) => {
      if (!late.aborted) throw error;
      void opening.then((db) => db.close());
      throw new StreamError('timeout', `IndexedDB has not opened "${this.#name}" for ${OPEN_MS} ms: another tab may hold it back`);
    });
  }

  #discard(handle: Promise<IDBPDatabase<Schema>>): void {
    this.#handle = undefined;
    void handle.then((db) => db.close()).catch(() => {}); // it is dead already
  }
}

function abort(tx: { abort(): void }): void {
  try {
    tx.abort();
  } catch {
    // It is over already.
  }
}

/** A class of its own in some browsers and a DOMException in others. */
function isQuota(error: unknown): boolean {
  return (error as Error | undefined)?.name === 'QuotaExceededError';
}
