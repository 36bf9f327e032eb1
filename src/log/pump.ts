import type { StreamError } from '../errors.js';
import { unlessAborted } from '../unless-aborted.js';
import type { Closable, Given, Inner } from './inner.js';
import { loadPumps, type Pumps } from './later.js';
import type { Parts } from './parts.js';
import { patiently } from './patience.js';
import type { Lane } from './records.js';
import { serve, type Term } from './tenure.js';

/** What moves messages between a lane and a publisher or subscriber, in one tab at a time. Its code comes later. */
export class Pump<P extends Closable> {
  /** The first that was given. It says how its messages are written. */
  readonly first: P;
  /** Tried again until it comes. Rejects when closed. */
  readonly code: Promise<Pumps>;
  readonly #parts: Parts;
  readonly #lane: Lane;
  readonly #given: Given<P>;
  readonly #gone = new AbortController();
  #inner: Closable;
  #running: Promise<void> | undefined;

  /** Its code begins to load: now the page may well be online, and later it may not. */
  constructor(parts: Parts, lane: Lane, given: Given<P>) {
    this.#parts = parts;
    this.#lane = lane;
    this.#given = given;
    this.first = typeof given === 'function' ? given() : given;
    this.#inner = this.first;
    this.code = this.#load();
    this.code.catch(() => {});
  }

  /** Aborted when closed. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Settles when closed. Rejects, and shows why, when it has failed for good. Idempotent. */
  run(work: (pumps: Pumps, inner: Inner<P>) => (term: Term) => Promise<void>): Promise<void> {
    this.#running ??= this.#run(work);
    return this.#running;
  }

  /** Stops, and closes the publisher or subscriber. */
  async close(reason?: unknown): Promise<void> {
    this.#gone.abort(reason);
    await this.#running?.catch(() => {});
    await this.#inner.close();
  }

  async #load(): Promise<Pumps> {
    let failure: StreamError | undefined;
    const attempt = () =>
      loadPumps().catch((error) => {
        failure = error;
        this.#show(error);
        throw error;
      });
    const pumps = await patiently(() => unlessAborted(attempt(), this.signal), this.signal);
    if (failure) this.#show(undefined);
    return pumps;
  }

  /** Only what can work gets in line: the turn of a tab without the code would be another's loss. */
  async #run(work: (pumps: Pumps, inner: Inner<P>) => (term: Term) => Promise<void>): Promise<void> {
    try {
      const pumps = await this.code;
      const inner = new pumps.Inner(this.#given, this.first);
      this.#inner = inner;
      await serve(this.#parts, `pump ${this.#lane}`, this.signal, work(pumps, inner));
    } catch (error) {
      if (this.signal.aborted) return;
      this.#show(error as StreamError);
      throw error;
    }
  }

  #show(error: StreamError | undefined): void {
    this.#parts.board.show(this.#lane, { error });
  }
}
