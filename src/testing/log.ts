/** What a log's own test says about it: how to open one. No logic. */
import type { BatchSubscriber, Message, Publisher } from '../protocols.js';
import type { Maybe } from './shim.js';

export interface KeptOffset {
  /** New when the log was made anew. */
  readonly epoch: string;
  /** Counts the messages of an epoch. */
  readonly seq: number;
}

export interface KeptMessage extends Message {
  readonly offset: KeptOffset;
  /** When it was stored, in milliseconds since 1970. */
  readonly time: number;
}

export interface LogReading {
  /** Names a durable cursor. */
  readonly name?: string;
  /** Where to begin, with a name only the first time. */
  readonly from?: 'start' | 'now' | KeptOffset | { readonly time: number };
  readonly maxMessages?: number;
}

/** One opening of a log, as one tab has it. Either end may be far away. What is made here is closed by the suite. */
export interface LogWorld {
  publisher(): Maybe<Publisher>;
  /** Throws or rejects with `TypeError` for what is no topic filter, name or beginning. */
  subscriber(topicFilter: string, reading?: LogReading): Maybe<BatchSubscriber<KeptMessage>>;
  /** Closes what was opened on it, too. */
  close(): Maybe<unknown>;
}

export interface LogWish {
  /** Bound of everything stored; beyond it the oldest goes. */
  readonly maxBytes?: number;
}

export interface LogSubject {
  /**
   * Opens the log of this name; the first to do so makes it. Called several times with one name, for places 0, 1 and 2: where there is more than one tab,
   * or a worker, these should be apart.
   */
  open(name: string, wish: LogWish, place: number): Maybe<LogWorld>;
  /** Called last, when all are closed. */
  remove?(name: string): Maybe<unknown>;
  /** Messages in the longest run. Default 2000. */
  readonly longRun?: number;
}
