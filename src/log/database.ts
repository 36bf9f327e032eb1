/**
 * The connection to a log's database. Handles die (WebKit loses them in background tabs, a user clears the site's data, a newer release wants to
 * upgrade): then the handle is dropped, the database opened again and the whole transaction repeated, a bounded number of times.
 */
import { closedError, StreamError, toStreamError } from '../errors.js';
import { pause } from './patience.js';
import { type Key, type LaneKey, newLog, STORES, type StoreName } from './records.js';

export type Durability = 'relaxed' | 'strict';

export interface Work {
  readonly stores?: readonly StoreName[];
  readonly mode?: IDBTransactionMode;
  readonly durability?: Durability;
}

/** What can be done within one transaction. Ranges are of one lane: behind `after`, up to and including `through`; without one it is all of the store. */
export interface Tx {
  get<T>(store: StoreName, key: Key): Promise<T | undefined>;
  /** In order. */
  list<T>(store: StoreName, after?: LaneKey, through?: LaneKey): Promise<T[]>;
  /** In order. */
  keys<K extends Key>(store: StoreName, after?: LaneKey, through?: LaneKey, limit?: number): Promise<K[]>;
  put(store: StoreName, key: Key, value: unknown): void;
  delete(store: StoreName, key: Key): void;
  deleteRange(store: StoreName, after: LaneKey, through: LaneKey): void;
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
/** Not what a dead handle, or a transaction that died with one, fails with: it would come again. */
const FINAL = /^(Data|Timeout)/;

export class IndexedDatabase implements Database {
  readonly #name: string;
  #opening: Promise<IDBDatabase> | undefined;
  #closed = false;

  constructor(name: string) {
    this.#name = name;
  }

  async run<T>(work: Work, body: (tx: Tx, attempt: number) => T | Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await transact(await this.#open(), work, (tx) => body(tx, attempt));
      } catch (error) {
        if (!(error instanceof DOMException)) throw error;
        const { name } = error;
        if (name === 'QuotaExceededError') throw quotaExceeded('The browser has no room left for this site', error);
        this.#drop();
        if (this.#closed) throw closedError();
        if (name === 'SecurityError') throw noIndexedDB(error);
        if (attempt === ATTEMPTS || FINAL.test(name))
          throw toStreamError(error, 'storage_failed', 'IndexedDB keeps failing; what is stored is untouched');
        await pause(PAUSE_MS * (2 ** (attempt - 1) - 1));
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  #open(): Promise<IDBDatabase> {
    if (this.#closed) throw closedError();
    this.#opening ??= connect(this.#name, () => this.#drop());
    return this.#opening;
  }

  #drop(): void {
    this.#opening?.then((database) => database.close()).catch(() => {});
    this.#opening = undefined;
  }
}

/** Whoever wants to delete or upgrade the database waits for everybody to let go, and everybody else for him: so `onLost` closes the handle. */
function connect(name: string, onLost: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    if (typeof indexedDB === 'undefined') throw noIndexedDB();
    // Without a version it opens whatever there is: a newer release may have added to it.
    const request = indexedDB.open(name);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      reject(new DOMException('It does not open: close what else has it open', 'TimeoutError'));
    }, OPEN_MS);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store);
      request.transaction?.objectStore('meta').put(newLog(), 'log');
    };
    request.onsuccess = () => {
      const database = request.result;
      clearTimeout(timer);
      database.onversionchange = database.onclose = onLost;
      if (late) database.close();
      resolve(database);
    };
    request.onerror = () => {
      clearTimeout(timer);
      reject(request.error);
    };
  });
}

async function transact<T>(
  database: IDBDatabase,
  { stores = STORES, mode = 'readwrite', durability = 'relaxed' }: Work,
  body: (tx: Tx) => T | Promise<T>,
): Promise<T> {
  const tx = database.transaction(stores, mode, { durability });
  // Its own error is the first cause; requests that fail with it are its echo.
  const done = new Promise((resolve, reject) => {
    tx.oncomplete = resolve;
    tx.onabort = () => reject(tx.error ?? new DOMException('No reason given', 'AbortError'));
  });
  done.catch(() => {});
  const store = (name: StoreName) => tx.objectStore(name);
  try {
    const result = await body({
      get: (name, key) => answer(store(name).get(key as IDBValidKey)),
      list: (name, ...range) => answer(store(name).getAll(within(...range))),
      keys: (name, after, through, limit) => answer(store(name).getAllKeys(within(after, through), limit) as IDBRequest),
      put: (name, key, value) => store(name).put(value, key as IDBValidKey),
      delete: (name, key) => store(name).delete(key as IDBValidKey),
      deleteRange: (name, ...range) => store(name).delete(within(...range) as IDBKeyRange),
    });
    // What was read is there; what was written is once the transaction is complete.
    if (mode === 'readonly') return result;
    tx.commit?.();
    await done;
    return result;
  } catch (error) {
    if (!(error instanceof DOMException)) {
      try {
        tx.abort();
      } catch {
        // It is over already.
      }
      throw error;
    }
    await Promise.race([done, undefined]);
    throw error;
  }
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Keys may go on behind these. */
const within = (after?: LaneKey, through?: LaneKey) =>
  after && IDBKeyRange.bound([...after, Number.POSITIVE_INFINITY], [...(through as LaneKey), Number.POSITIVE_INFINITY]);

export function quotaExceeded(why: string, cause?: unknown): StreamError {
  return new StreamError('quota_exceeded', `${why}: nothing stored is lost; make room by log.purge or a larger maxBytes`, {
    cause,
  });
}

function noIndexedDB(cause?: unknown): StreamError {
  return new StreamError('unsupported', "There is no IndexedDB here: pass { fallback: 'memory' } to keep nothing beyond this page", {
    cause,
  });
}

export function lostError(): StreamError {
  return new StreamError('data_lost', 'The database of this log was cleared: what it held is gone');
}
