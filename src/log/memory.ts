/** A database that ends with its page: for where there is no IndexedDB, and only when asked for. One transaction at a time, as IndexedDB has it. */
import { closedError } from '../errors.js';
import type { Database, Tx, Work } from './database.js';
import { type Key, type LaneKey, newLog, STORES, type StoreName } from './records.js';

type Table = Map<string, { readonly key: Key; readonly value: unknown }>;

export class MemoryDatabase implements Database {
  #tables = new Map<StoreName, Table>(STORES.map((store) => [store, new Map()]));
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor() {
    new MemoryTx(this.#tables).put('meta', 'log', newLog());
  }

  async run<T>(_work: Work, body: (tx: Tx, attempt: number) => T | Promise<T>): Promise<T> {
    const work = this.#last.then(async () => {
      if (this.#closed) throw closedError();
      const draft = new Map([...this.#tables].map(([store, table]) => [store, new Map(table)]));
      const result = await body(new MemoryTx(draft), 1);
      this.#tables = draft;
      return result;
    });
    this.#last = work.catch(() => {});
    return work;
  }

  close(): void {
    this.#closed = true;
  }
}

class MemoryTx implements Tx {
  constructor(readonly tables: ReadonlyMap<StoreName, Table>) {}

  async get<T>(store: StoreName, key: Key): Promise<T | undefined> {
    return structuredClone(this.#table(store).get(String(key))?.value) as T | undefined;
  }

  async list<T>(store: StoreName, after?: LaneKey, through?: LaneKey): Promise<T[]> {
    return this.#within(store, after, through).map(({ value }) => value as T);
  }

  async keys<K extends Key>(store: StoreName, after?: LaneKey, through?: LaneKey, limit?: number): Promise<K[]> {
    const within = this.#within(store, after, through);
    return within.slice(0, limit).map(({ key }) => key as K);
  }

  put(store: StoreName, key: Key, value: unknown): void {
    this.#table(store).set(String(key), { key, value: structuredClone(value) });
  }

  delete(store: StoreName, key: Key): void {
    this.#table(store).delete(String(key));
  }

  deleteRange(store: StoreName, after: LaneKey, through: LaneKey): void {
    for (const { key } of this.#within(store, after, through)) this.delete(store, key);
  }

  #within(store: StoreName, after?: LaneKey, through?: LaneKey) {
    const all = [...this.#table(store).values()].sort((a, b) => compare(a.key, b.key));
    return after && through ? all.filter(({ key }) => compare(key, after) > 0 && compare(key, through) <= 0) : all;
  }

  #table(store: StoreName): Table {
    return this.tables.get(store) as Table;
  }
}

function compare(a: Key, b: Key): number {
  const [[laneA, atA], [laneB, atB]] = [pair(a), pair(b)];
  return laneA < laneB ? -1 : laneA > laneB ? 1 : atA - atB;
}

function pair(key: Key): readonly [string, number] {
  return typeof key === 'string' ? [key, 0] : [key[0], key[1]];
}

/** Web Locks of one page, as far as a log needs them. */
export class MemoryLocks {
  readonly #lines = new Map<string, Promise<unknown>>();

  async request(name: string, { signal }: { readonly signal?: AbortSignal }, hold: () => Promise<void>): Promise<void> {
    const before = this.#lines.get(name) ?? Promise.resolve();
    const turn = before.then(async () => {
      if (!signal?.aborted) await hold();
    });
    this.#lines.set(
      name,
      turn.catch(() => {}),
    );
    await turn;
  }
}
