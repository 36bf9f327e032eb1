/**
 * The connection to a log's database. Handles die (WebKit loses them in background tabs, a user clears the site's data, a newer release wants to
 * upgrade): then the handle is dropped, the database opened again and the whole transaction repeated, a bounded number of times.
 */
import { type IDBPDatabase, openDB } from 'idb';
import { StreamError, toStreamError } from '../errors.js';
import { type Key, newLog, STORES, type StoreName } from './records.js';

export type Durability = 'relaxed' | 'strict';

export interface Work {
  readonly stores?: readonly StoreName[];
  readonly mode?: IDBTransactionMode;
  readonly durability?: Durability;
}

/** What can be done within one transaction. Ranges are of one lane: behind `after`, up to and including `through`. */
export interface Tx {
  get<T>(store: StoreName, key: Key): Promise<T | undefined>;
  /** In order. */
  list<T>(store: StoreName, after: Key, through: Key, limit?: number): Promise<T[]>;
  keys(store: StoreName): Promise<Key[]>;
  put(store: StoreName, key: Key, value: unknown): void;
  delete(store: StoreName, key: Key): void;
  deleteRange(store: StoreName, after: Key, through: Key): void;
}

export interface Database {
  /**
   * Runs `body` in one transaction and settles once that is complete. `body` waits for nothing but the transaction's own requests, and may be run
   * again: `attempt` counts from 1. What it throws undoes everything and is thrown on.
   */
  run<T>(work: Work, body: (tx: Tx, attempt: number) => T | Promise<T>): Promise<T>;
  close(): void;
}

const ATTEMPTS = 6;
const PAUSE_MS = 25;
const OPEN_MS = 10_000;
/** What a dead handle, or a transaction that died with one, fails with. */
const DEAD: ReadonlySet<string> = new Set([
  'InvalidStateError',
  'UnknownError',
  'AbortError',
  'NotFoundError',
  'TransactionInactiveError',
  'TimeoutError',
]);

export class IndexedDatabase implements Database {
  readonly #name: string;
  #opening: Promise<IDBPDatabase> | undefined;
  #closed = false;

  constructor(name: string) {
    this.#name = name;
  }

  async run<T>(work: Work, body: (tx: Tx, attempt: number) => T | Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(work, (tx) => body(tx, attempt));
      } catch (error) {
        const name = (error as Partial<DOMException> | undefined)?.name ?? '';
        if (name === 'QuotaExceededError') throw quotaExceeded('The browser has no room left for this site', error);
        if (error instanceof StreamError || !DEAD.has(name)) throw error;
        this.#drop(this.#opening);
        if (this.#closed) throw closedError();
        if (attempt === ATTEMPTS)
          throw toStreamError(error, 'storage_failed', 'IndexedDB failed again and again; what is stored is untouched');
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** (attempt - 1) - PAUSE_MS));
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#drop(this.#opening);
  }

  async #attempt<T>({ stores = STORES, mode = 'readwrite', durability = 'relaxed' }: Work, body: (tx: Tx) => T | Promise<T>): Promise<T> {
    const database = await this.#open();
    const tx = database.transaction(stores as StoreName[], mode, { durability });
    // The transaction's own error is the first cause; requests that fail with it are its echo.
    const done = tx.done.catch((error: unknown) => {
      throw tx.error ?? error ?? new DOMException('Aborted without a reason', 'AbortError');
    });
    done.catch(() => {});
    try {
      const result = await body(new Requests((store) => tx.objectStore(store)));
      tx.commit?.();
      await done;
      return result;
    } catch (error) {
      try {
        tx.abort();
      } catch {
        // It is over already.
      }
      if (error instanceof StreamError) throw error;
      await done.catch((cause) => {
        // When we aborted it ourselves, what made us do so is the cause.
        if (cause?.name !== 'AbortError') throw cause;
      });
      throw error;
    }
  }

  #open(): Promise<IDBPDatabase> {
    if (this.#closed) throw closedError();
    if (!this.#opening) {
      const opening: Promise<IDBPDatabase> = connect(this.#name, () => this.#drop(opening));
      this.#opening = opening;
    }
    return this.#opening;
  }

  #drop(opening: Promise<IDBPDatabase> | undefined): void {
    if (opening === this.#opening) this.#opening = undefined;
    opening?.then((database) => database.close()).catch(() => {});
  }
}

/** Whoever wants to delete or upgrade the database waits for everybody to let go, and everybody else for him: so `onLost` closes the handle. */
async function connect(name: string, onLost: () => void): Promise<IDBPDatabase> {
  // Without a version it opens whatever there is: a newer release may have added to it.
  const opening = openDB(name, undefined, {
    upgrade(database, _old, _new, tx) {
      for (const store of STORES) database.createObjectStore(store);
      tx.objectStore('meta').put(newLog(), 'log');
    },
    blocking: onLost,
    terminated: onLost,
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      opening.then((database) => database.close()).catch(() => {});
      reject(new DOMException(`IndexedDB did not open within ${OPEN_MS} ms`, 'TimeoutError'));
    }, OPEN_MS);
  });
  try {
    return await Promise.race([opening, late]);
  } finally {
    clearTimeout(timer);
  }
}

class Requests implements Tx {
  // biome-ignore lint/suspicious/noExplicitAny: idb's types follow a schema, and the stores here hold what records.ts says
  readonly #store: (name: StoreName) => any;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  constructor(store: (name: StoreName) => any) {
    this.#store = store;
  }

  get<T>(store: StoreName, key: Key): Promise<T | undefined> {
    return this.#store(store).get(key);
  }

  list<T>(store: StoreName, after: Key, through: Key, limit?: number): Promise<T[]> {
    return this.#store(store).getAll(IDBKeyRange.bound(after, through, true), limit);
  }

  keys(store: StoreName): Promise<Key[]> {
    return this.#store(store).getAllKeys();
  }

  put(store: StoreName, key: Key, value: unknown): void {
    unheard(this.#store(store).put(value, key));
  }

  delete(store: StoreName, key: Key): void {
    unheard(this.#store(store).delete(key));
  }

  deleteRange(store: StoreName, after: Key, through: Key): void {
    unheard(this.#store(store).delete(IDBKeyRange.bound(after, through, true)));
  }
}

/** A request that fails fails its transaction, and that is heard. */
function unheard(request: Promise<unknown>): void {
  request.catch(() => {});
}

export function quotaExceeded(why: string, cause?: unknown): StreamError {
  return new StreamError('quota_exceeded', `${why}: nothing stored is lost; it goes on once there is room (log.purge, larger maxBytes)`, {
    cause,
  });
}

export function closedError(): StreamError {
  return new StreamError('closed', 'This log is closed: open it again');
}
