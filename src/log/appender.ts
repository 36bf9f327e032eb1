/** Group commit: whatever waits goes into one transaction; nothing waits when none is under way. Nothing is told before `complete`. */

import { closedError } from '../errors.js';
import { unlessAborted } from '../unless-aborted.js';
import { type CommitLimits, type Committed, commit, type Entry, fencedError, type Move } from './commit.js';
import type { Database, Durability } from './database.js';

/** Payloads of one transaction at most; a single larger message goes alone. Its segments are what readers hold in memory. */
const GROUP_BYTES = 2 ** 20;
/** A cursor that moved is stored with what is appended next, at the latest after this. */
const LINGER_MS = 100;
const RETRY_MS = 1000;

/** What is to be stored, and how. */
export interface Appending extends Entry {
  readonly durability: Durability;
  /** Aborted, what has not set out is not stored. */
  readonly owner?: AbortSignal;
  /** The same, and the call rejects at once. */
  readonly signal?: AbortSignal | undefined;
  /** Hears its offset; not of what is known to be stored before. */
  readonly onStored?: ((seq: number) => void) | undefined;
}

interface Waiting {
  /** Without one, somebody only wants to know when it is over. */
  readonly entry: Appending | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Appender {
  readonly #database: Database;
  readonly #limits: CommitLimits;
  readonly #onCommit: (committed: Committed<Appending>) => void;
  #queue: Waiting[] = [];
  readonly #moves = new Map<string, Move>();
  #running: Promise<void> | undefined;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #movedAt = 0;
  #closed = false;

  constructor(database: Database, limits: CommitLimits, onCommit: (committed: Committed<Appending>) => void) {
    this.#database = database;
    this.#limits = limits;
    this.#onCommit = onCommit;
  }

  /** Settles when what is made is stored, or known to be stored before. Stored in the order of the calls. Rejects with what `make` throws. */
  append(signal: AbortSignal | undefined, make: () => Appending | undefined): Promise<void> {
    const stored = new Promise<void>((resolve, reject) => {
      const entry = make();
      if (this.#closed) throw closedError();
      this.#queue.push({ entry, resolve, reject });
      this.#start();
    });
    return unlessAborted(stored, signal);
  }

  /** Rides on the next transaction. */
  move(move: Move): void {
    if (this.#closed) return;
    this.#moves.set(move.fence.key, move);
    if (this.#running) return;
    // Timers of hidden pages fire once a minute: whoever moves on is as good an occasion.
    if (performance.now() - this.#movedAt > LINGER_MS) this.#start();
    else this.#linger ??= setTimeout(() => this.#start(), LINGER_MS);
  }

  /** Settles when what was asked for so far is stored, or has failed. */
  flush(): Promise<unknown> {
    return this.append(undefined, () => undefined).catch(() => {});
  }

  async close(): Promise<void> {
    const last = this.flush();
    this.#closed = true;
    await last;
    await this.#running;
    clearTimeout(this.#linger);
  }

  #start(): void {
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // What is sent in one go travels together.
    await undefined;
    while (this.#queue.length > 0 || this.#moves.size > 0) {
      clearTimeout(this.#linger);
      this.#linger = undefined;
      const taken = this.#take();
      const moves = [...this.#moves.values()];
      this.#moves.clear();
      this.#movedAt = performance.now();
      try {
        await this.#commit(taken, moves);
      } catch (error) {
        for (const { reject } of taken) reject(error);
        // The consumer has moved on; the next commit says so. A term that is over says nothing any more.
        for (const move of moves) if (!this.#moves.has(move.fence.key)) this.#moves.set(move.fence.key, move);
        if (this.#queue.length === 0) break;
      }
    }
    // In the same breath as the last look: what comes after it starts anew.
    this.#running = undefined;
    if (this.#moves.size > 0) this.#linger ??= setTimeout(() => this.#start(), RETRY_MS);
  }

  #take(): Waiting[] {
    let bytes = 0;
    const taken: Waiting[] = [];
    let next = 0;
    for (const waiting of this.#queue) {
      const { entry } = waiting;
      const given = entry?.owner?.aborted ? entry.owner : entry?.signal;
      if (given?.aborted) waiting.reject(given.reason);
      else {
        bytes += entry?.payload.length ?? 0;
        if (taken.length > 0 && bytes > GROUP_BYTES) break;
        taken.push(waiting);
      }
      next++;
    }
    this.#queue = this.#queue.slice(next);
    return taken;
  }

  async #commit(taken: readonly Waiting[], moves: readonly Move[]): Promise<void> {
    const entries = taken.flatMap(({ entry }) => entry ?? []);
    const draft = { entries, moves, token: Math.random(), ends: new Map() };
    if (entries.length === 0 && moves.length === 0) {
      for (const { resolve } of taken) resolve();
      return;
    }
    const strict = entries.some(({ durability }) => durability === 'strict');
    const committed = await this.#database.run({ durability: strict ? 'strict' : 'relaxed' }, (tx, attempt) =>
      commit(tx, attempt, draft, this.#limits),
    );
    this.#onCommit(committed);
    for (const { record, entries: stored } of committed.segments) {
      for (let i = 0; i < stored.length; i++) stored[i]?.onStored?.(record.first + i);
    }
    for (const { entry, resolve, reject } of taken) {
      if (entry && committed.fenced.has(entry)) reject(fencedError());
      else resolve();
    }
  }
}
