import { reportUnheard, type StreamError } from '../errors.js';
import { type Lane, LOG_LANE, type LogRecord, laneOf } from './records.js';
import { isOutbox } from './retention.js';

export interface CursorStatus {
  readonly name: string;
  /** `'log'`, or `'in/…'` for an inbox's. */
  readonly lane: Lane;
  /** The first offset that is not acknowledged. */
  readonly at: number;
  /** Messages not acknowledged. */
  readonly lag: number;
  /** When its lease runs out, in milliseconds since 1970. */
  readonly leaseUntil: number;
}

export interface OutboxStatus {
  readonly name: string;
  /** Offsets in its lane: the oldest that is kept, and the next. */
  readonly start: number;
  readonly end: number;
  /** Messages stored and not yet acknowledged by the inner publisher. */
  readonly backlog: number;
  readonly deadLetters: number;
  /** Whether it is this tab that sends. */
  readonly leader: boolean;
  /** Counts the tabs that sent for it; this tab's present or last term, 0 when it never had one. */
  readonly term: number;
  /** Messages this tab has sent since it leads. */
  readonly sent: number;
  /** Why it cannot send at the moment: `not_connected` also when the code for it could not be loaded. */
  readonly error?: StreamError | undefined;
}

export interface InboxStatus {
  readonly name: string;
  /** As of an outbox. */
  readonly start: number;
  readonly end: number;
  /** Whether it is this tab that receives. */
  readonly leader: boolean;
  /** As of an outbox. */
  readonly term: number;
  /** Messages this tab has stored since it leads. */
  readonly received: number;
  readonly error?: StreamError | undefined;
}

/** What is known here; other tabs' doings show once this one has looked: `refresh()`. */
export interface LogStatus {
  readonly storage: 'indexeddb' | 'memory';
  readonly epoch: string;
  /** Offsets of what `publisher()` wrote: the oldest that is kept, and the next. */
  readonly start: number;
  readonly end: number;
  /** Of everything stored. */
  readonly bytes: number;
  readonly maxBytes: number;
  readonly cursors: readonly CursorStatus[];
  /** All outboxes together. */
  readonly outbox: { readonly backlog: number; readonly deadLetters: number };
  readonly outboxes: readonly OutboxStatus[];
  readonly inboxes: readonly InboxStatus[];
  /** Whether this tab sends for an outbox, or receives for an inbox. */
  readonly leader: boolean;
  /** Why nothing can be stored, or read, at the moment. */
  readonly error: StreamError | undefined;
  /** It is `quota_exceeded`. */
  readonly quotaExceeded: boolean;
  /** Since the log was made: batches that came twice and were dropped, and batches missing in their producers' sequences. */
  readonly duplicates: number;
  readonly missed: number;
  /** Told in-band by this tab's readers: times retention overtook one, corrupt segments skipped, times the database was lost. */
  readonly gaps: number;
  readonly corrupt: number;
  readonly losses: number;
}

/** What a pump in this tab says of itself. */
export interface PumpState {
  readonly leader: boolean;
  readonly term: number;
  /** Messages since it leads. */
  readonly moved: number;
  readonly error: StreamError | undefined;
}

const IDLE: PumpState = { leader: false, term: 0, moved: 0, error: undefined };

export class StatusBoard {
  readonly #pumps = new Map<Lane, PumpState>();
  readonly #fixed: Pick<LogStatus, 'storage' | 'maxBytes'>;
  readonly #listeners = new Set<(status: LogStatus) => void>();
  readonly #counts = { gaps: 0, corrupt: 0, losses: 0 };
  #log: LogRecord;
  #error: StreamError | undefined;
  #scheduled = false;

  constructor(log: LogRecord, fixed: Pick<LogStatus, 'storage' | 'maxBytes'>) {
    this.#log = log;
    this.#fixed = fixed;
  }

  /** As it was seen last. */
  get log(): LogRecord {
    return this.#log;
  }

  /** Records may be seen out of order. */
  see(log: LogRecord): void {
    const lost = log.epoch !== this.#log.epoch;
    if (lost) this.#counts.losses++;
    if (lost || log.time >= this.#log.time) this.#log = log;
    this.changed();
  }

  count({ code, details }: StreamError): void {
    if (code !== 'gap') return;
    if (details.reason === 'corrupt') this.#counts.corrupt++;
    else this.#counts.gaps++;
    this.changed();
  }

  get error(): StreamError | undefined {
    return this.#error;
  }

  set error(error: StreamError | undefined) {
    if (this.#error === error) return;
    this.#error = error;
    this.changed();
  }

  /** What the pump of this lane in this tab says of itself from now on. */
  show(lane: Lane, state: Partial<PumpState>): void {
    this.#pumps.set(lane, { ...(this.#pumps.get(lane) ?? IDLE), ...state });
    this.changed();
  }

  onStatus(listener: (status: LogStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells the listeners, once for all that happens in one go. */
  changed(): void {
    if (this.#scheduled || this.#listeners.size === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      for (const listener of [...this.#listeners]) {
        try {
          listener(this.status());
        } catch (error) {
          reportUnheard(error);
        }
      }
    });
  }

  status(): LogStatus {
    const log = this.#log;
    const { start, next } = laneOf(log, LOG_LANE);
    const cursors = Object.values(log.cursors);
    const outbox = { backlog: 0, deadLetters: 0 };
    const outboxes: OutboxStatus[] = [];
    const inboxes: InboxStatus[] = [];
    for (const lane of new Set([...Object.keys(log.lanes), ...this.#pumps.keys()])) {
      const { start, next: end, deadLetters } = laneOf(log, lane);
      const { moved, ...pump } = this.#pumps.get(lane) ?? IDLE;
      const known = { name: lane.slice(lane.indexOf('/') + 1), start, end, ...pump };
      if (isOutbox(lane)) {
        const backlog = end - (cursors.find((cursor) => cursor.lane === lane)?.at ?? start);
        outboxes.push({ ...known, backlog, deadLetters, sent: moved });
        outbox.backlog += backlog;
        outbox.deadLetters += deadLetters;
      } else if (lane !== LOG_LANE) inboxes.push({ ...known, received: moved });
    }
    const readers = cursors.filter(({ lane }) => !isOutbox(lane));
    return {
      ...this.#fixed,
      epoch: log.epoch,
      start,
      end: next,
      bytes: log.bytes,
      cursors: readers.map(({ name, lane, at, until }) => ({ name, lane, at, lag: laneOf(log, lane).next - at, leaseUntil: until })),
      outbox,
      outboxes,
      inboxes,
      leader: [...this.#pumps.values()].some(({ leader }) => leader),
      error: this.#error,
      quotaExceeded: this.#error?.code === 'quota_exceeded',
      duplicates: log.duplicates,
      missed: log.missed,
      ...this.#counts,
    };
  }
}
