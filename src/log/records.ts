/** What a log keeps in its database. Plain data; new fields are optional, so that old and new tabs can share one log. */
import type { StreamErrorData } from '../errors.js';
import type { Message } from '../protocols.js';

/** Of the records; a log of a newer one is left alone. */
export const FORMAT = 1;

/** Where a message is: its number within a lane, and the life of the database that gave it. */
export interface Offset {
  /** New when the database was lost and made again. */
  readonly epoch: string;
  readonly seq: number;
}

/** `log` is what `publisher()` writes; every inbox (`in/name`) and outbox (`out/name`) has a lane of its own, so that they never mix. */
export type Lane = string;
export const LOG_LANE: Lane = 'log';

export const STORES = ['meta', 'segments', 'streams', 'dead'] as const;
export type StoreName = (typeof STORES)[number];

/**
 * Of a segment: everything about it but its bytes, so that they need not be read to know it. `end` is the offset behind its last message, `time` when it
 * was written, `token` that of the transaction, so that a retry can tell that it had succeeded.
 */
export type SegmentKey = readonly [lane: Lane, end: number, first: number, bytes: number, time: number, token: number];
/** Of a dead letter. */
export type LaneKey = readonly [lane: Lane, seq: number];
export type Key = string | LaneKey | SegmentKey;

/** All bookkeeping in one record: who reads it has a consistent view, and a commit writes it once. */
export interface LogRecord {
  format: number;
  epoch: string;
  /** Counts the transactions that appended. */
  serial: number;
  /** Milliseconds; never runs backwards, whatever the clock does. */
  time: number;
  /** Of all segments and dead letters, as accounted here. */
  bytes: number;
  lanes: Record<Lane, LaneRecord>;
  cursors: Record<string, CursorRecord>;
  /** Fencing: who holds the newest term of a key may write for it. */
  terms: Record<string, number>;
  /** The highest term of the keys that were purged: who comes back from one must not find its number given out again. */
  pastTerm?: number;
  /** Streams whose sequence is remembered. */
  streams: number;
  /** Batches that came again and were dropped. */
  duplicates: number;
  /** Batches that their producers' sequences say are missing. */
  missed: number;
}

export interface LaneRecord {
  /** The oldest message that is still there. */
  start: number;
  /** The next message gets this. */
  next: number;
  bytes: number;
  /** When the oldest segment was written. */
  oldest: number;
  deadLetters: number;
  /** The other side of this inbox has said that it keeps what comes, or delivers it. */
  subscribed?: true;
}

export interface CursorRecord {
  readonly lane: Lane;
  readonly name: string;
  /** The first message that is not acknowledged. */
  at: number;
  /** Until then it keeps what it has not read from being removed by age. */
  until: number;
}

/** Many messages in one buffer. */
export interface SegmentRecord {
  readonly format: number;
  readonly first: number;
  readonly time: number;
  /** Padded to a multiple of four. */
  readonly data: ArrayBuffer;
  /** For each message where it ends in `data`, and the place of its topic in `topics`. */
  readonly index: Uint32Array<ArrayBuffer>;
  /** Distinct; an empty one marks news from the wire, whose payload is a `StreamErrorData` in JSON. */
  readonly topics: readonly string[];
  readonly properties?: Readonly<Record<number, Message['properties']>>;
  readonly checksum: number;
}

/** What of a producer's sequence on a topic has been seen. */
export interface StreamRecord {
  /** Below it nothing is known. */
  readonly floor: number;
  /** One after the highest seen. */
  readonly next: number;
  /** Not seen: from, and up to before. */
  readonly holes: readonly (readonly [from: number, to: number])[];
  /** The serial of the transaction that changed it last. */
  readonly at: number;
}

export interface DeadLetterRecord {
  readonly lane: Lane;
  readonly seq: number;
  readonly topic: string;
  readonly payload: ArrayBuffer;
  readonly error: StreamErrorData;
  readonly time: number;
}

export function newLog(): LogRecord {
  return {
    format: FORMAT,
    epoch: crypto.getRandomValues(new Uint32Array(2)).join('-'),
    serial: 0,
    time: 0,
    bytes: 0,
    lanes: {},
    cursors: {},
    terms: {},
    streams: 0,
    duplicates: 0,
    missed: 0,
  };
}

export function laneOf(log: LogRecord, lane: Lane): LaneRecord {
  log.lanes[lane] ??= { start: 0, next: 0, bytes: 0, oldest: 0, deadLetters: 0 };
  return log.lanes[lane];
}

/** The clock as the log counts it. */
export function tick(log: LogRecord): number {
  log.time = Math.max(log.time, Date.now());
  return log.time;
}
