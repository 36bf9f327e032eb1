import { unlessAborted } from '../unless-aborted.js';
import type { Closable, Given } from './inner.js';
import { loadPumps, type Pumps } from './later.js';
import type { Parts } from './parts.js';
import { patiently } from './patience.js';
import type { Lane } from './records.js';

/** What a pump works for. */
export interface Job<P extends Closable> {
  readonly parts: Parts;
  readonly lane: Lane;
  readonly given: Given<P>;
  /** The first that was given. It says how its messages are written. */
  readonly first: P;
  /** Aborted when there is nothing more to do. */
  readonly signal: AbortSignal;
}

/** Moves messages between a lane and a publisher or subscriber, in one tab at a time. Its code comes later. */
export class Pump<P extends Closable> {
  readonly job: Job<P>;
  /** Tried again until it is there. Rejects when closed. */
  readonly code: Promise<Pumps>;
  readonly #gone = new AbortController();
  #running: Promise<void> | undefined;

  /** Begins to load the code: now the page may well be online, and later it may not. */
  constructor(parts: Parts, lane: Lane, given: Given<P>) {
    const { signal } = this.#gone;
    this.job = { parts, lane, given, first: typeof given === 'function' ? given() : given, signal };
    this.code = this.#load();
    this.code.catch(() => {});
  }

  /** Begins to work once the code is there. Rejects when it has failed for good, or is closed before. To be called once. */
  run(work: (pumps: Pumps, job: Job<P>) => Promise<void>): Promise<void> {
    this.#running = this.code.then((pumps) => work(pumps, this.job));
    return this.#running;
  }

  /** Stops, and closes the publisher or subscriber. */
  async close(reason?: unknown): Promise<void> {
    this.#gone.abort(reason);
    await this.#running?.catch(() => {});
    await this.job.first.close();
  }

  async #load(): Promise<Pumps> {
    const { parts, lane, signal } = this.job;
    const attempt = () =>
      loadPumps().catch((error) => {
        parts.board.show(lane, { error });
        throw error;
      });
    const pumps = await patiently(() => unlessAborted(attempt(), signal), signal);
    parts.board.show(lane, { error: undefined });
    return pumps;
  }
}
