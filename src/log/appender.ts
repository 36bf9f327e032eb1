/** Group commit: whatever waits goes into one transaction; nothing waits when none is under way. Nothing is told before `complete`. */
import { type CommitLimits, type Committed, commit, type Entry, fencedError, type Move } from './commit.js';
import { closedError, type Database, type Durability } from './database.js';
import { StreamMemory } from './streams.js';

/** Payloads of one transaction at most; a single larger message goes alone. Its segments are what readers hold in memory. */
const GROUP_BYTES = 2 ** 20;
/** A cursor that moved is stored with what is appended next, at the latest after this. */
const LINGER_MS = 100;
const RETRY_MS = 1000;

interface Waiting extends Entry {
  readonly durability: Durability;
  readonly resolve: (seq: number | undefined) => void;
  readonly reject: (error: unknown) => void;
  givenUp: boolean;
}

export interface AppendOptions {
  readonly durability: Durability;
  readonly signal?: AbortSignal | undefined;
}

export class Appender {
  readonly #database: Database;
  readonly #limits: CommitLimits;
  readonly #onCommit: (committed: Committed) => void;
  readonly #memory = new StreamMemory();
  #queue: Waiting[] = [];
  readonly #moves = new Map<string, Move>();
  #running: Promise<void> | undefined;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #movedAt = 0;
  #closed = false;

  constructor(database: Database, limits: CommitLimits, onCommit: (committed: Committed) => void) {
    this.#database = database;
    this.#limits = limits;
    this.#onCommit = onCommit;
  }

  /** Settles when these are stored, or known to be stored before: with their offsets, as far as they are new. Stored in the order of the calls. */
  async append(entries: readonly Entry[], { durability, signal }: AppendOptions): Promise<(number | undefined)[]> {
    if (this.#closed) throw closedError();
    signal?.throwIfAborted();
    const added: Waiting[] = [];
    const stored = entries.map(
      (entry) =>
        new Promise<number | undefined>((resolve, reject) => {
          added.push({ ...entry, durability, resolve, reject, givenUp: false });
        }),
    );
    this.#queue.push(...added);
    this.#start();
    const giveUp = () => {
      for (const entry of added) {
        entry.givenUp = true;
        entry.reject(signal?.reason);
      }
    };
    signal?.addEventListener('abort', giveUp);
    try {
      return await Promise.all(stored);
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
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
  async flush(): Promise<void> {
    this.#start();
    await this.#running;
  }

  async close(): Promise<void> {
    const last = this.flush();
    this.#closed = true;
    await last;
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
      const entries = this.#take();
      const moves = [...this.#moves.values()];
      this.#moves.clear();
      this.#movedAt = performance.now();
      try {
        await this.#commit(entries, moves);
      } catch (error) {
        for (const entry of entries) entry.reject(error);
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
    let count = 0;
    const waiting = this.#queue.filter(({ givenUp }) => !givenUp);
    for (const { content } of waiting) {
      bytes += content.payload.length;
      if (count > 0 && bytes > GROUP_BYTES) break;
      count++;
    }
    this.#queue = waiting.slice(count);
    return waiting.slice(0, count);
  }

  async #commit(entries: readonly Waiting[], moves: readonly Move[]): Promise<void> {
    const draft = { entries, moves, token: Math.random(), ends: new Map() };
    const strict = entries.some(({ durability }) => durability === 'strict');
    const committed = await this.#database.run({ durability: strict ? 'strict' : 'relaxed' }, (tx, attempt) =>
      commit(tx, attempt, draft, this.#limits, this.#memory),
    );
    this.#memory.learn(committed.log, committed.streams);
    this.#onCommit(committed);
    for (const entry of entries) {
      if (committed.fenced.has(entry)) entry.reject(fencedError());
      else entry.resolve(committed.places.get(entry));
    }
  }
}
