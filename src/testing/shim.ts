/** What a shim's own test says about it: what it supports, and how to get a fresh world of it. No logic. */
import type { AnySubscriber, BufferOptions, EventPublisher, Publisher } from '../protocols.js';

/** Promises as data. The suite tests both sides of each: that the shim does what it says, and does not half-do what it denies. */
export interface ShimSupport {
  /** Of several subscribers whose filters match, `'all'` get each message, or exactly `'one'` does. */
  readonly delivery: 'all' | 'one';
  /** Its publishers have `send(topic, bytes)`. */
  readonly bytes: boolean;
  /** Its publishers have `sendEvents(batch)`. A shim has one of the two at least. */
  readonly events: boolean;
  /** Topic filters may have `+` and `#`. Otherwise they are refused with a `TypeError` or `StreamError('unsupported')`. */
  readonly wildcards: boolean;
  /** Its subscribers have `batches()`: what was not acknowledged comes again in the next iteration. */
  readonly redelivers: boolean;
  /** What is published while the subscriber of a session is away, and what it did not acknowledge, waits for the next one of that session. */
  readonly keeps: boolean;
  /** A full subscriber holds back its publisher, or the broker, and loses nothing. Otherwise it has the three overflow policies and counts in `dropped`. */
  readonly holds: boolean;
  /** What was held back may be overtaken by newer messages while it is on its way again. Default false: order is kept then, too. */
  readonly overtakes?: boolean;
  /** Topics that begin with `$` reach filters that do; some brokers keep them for themselves. Default true. */
  readonly dollarTopics?: boolean;
  /** Bytes that a payload may have. Default: no bound, and 1 MiB is tried. */
  readonly largestPayload?: number;
}

export interface SubscriberWish {
  /** Names what should outlive the subscriber, where the shim `keeps`. */
  readonly session?: string;
}

/** Somewhere to publish and subscribe. Either end may be far away (another tab, a worker). What is made here is closed by the suite. */
export interface ShimWorld {
  publisher(): Maybe<Publisher | EventPublisher>;
  /** Throws or rejects with `TypeError` when the filter is malformed. */
  subscriber(topicFilter: string, wish?: SubscriberWish): Maybe<AnySubscriber>;
  /** Called last, for what else was opened. */
  close?(): Maybe<unknown>;
}

export interface Shim {
  readonly supports: ShimSupport;
  /** A fresh world, in which `buffer` bounds whatever may wait. */
  open(buffer: BufferOptions): Maybe<ShimWorld>;
  /** Messages in the longest run. Default 10,000; fewer do for a configuration that differs little from one that had them all. */
  readonly longRun?: number;
}

/** The two functions of a test runner that the suite needs: Vitest, Jest, Mocha and `node:test` have them. Not all heed `timeoutMs`. */
export interface TestRunner {
  describe(title: string, body: () => void): unknown;
  it(title: string, body: () => Promise<void>, timeoutMs?: number): unknown;
}

export type Maybe<T> = T | Promise<T>;
