/**
 * What page and filter worker say to each other: whole batches one way, as metadata or as the messages that they came in, bit masks the other.
 *
 * The worker answers questions one at a time and in the order in which they came, so the page always knows which one it is busy with.
 * All of it goes over a port of their own: what a filter posts by itself does not, and is left aside.
 */
import type { StreamErrorData } from '../errors.js';
import type { Metadata } from '../events.js';
import type { Cost } from './judge.js';

/** A filter as data: which of the worker's filters to ask, with which parameters, combined how. */
export interface Expression {
  /** Of a filter; with parts: `'any'`, `'all'` or `'not'`. */
  readonly name: string;
  readonly parameters?: unknown;
  readonly parts?: readonly Expression[];
}

/** What a question is about. */
export interface Matter {
  readonly metadata?: readonly Metadata[];
  /** Of wire format 1; they are transferred. */
  readonly messages?: readonly Uint8Array[] | undefined;
}

export type Order =
  /** The first one that names a question says what it is. */
  | ({ readonly kind: 'ask'; readonly ask: number; readonly id: number; readonly expression?: Expression | undefined } & Matter)
  | { readonly kind: 'forget'; readonly id: number };

/** The first message of a page, with the port for all that follows. */
export const HELLO = 'proxystream filters';

export interface Reply {
  readonly ask: number;
  /** One bit for each event, lowest first: 1 drops. */
  readonly drops: Uint8Array;
  /** Events that the filter failed on, if any; all with the reason of the first of them. */
  readonly failures?: ReadonlyMap<number, StreamErrorData>;
  /** Of this batch, for each part of the expression, parents first. */
  readonly costs: readonly Cost[];
  /** Of each message that was asked about; nothing where it cannot be read. Then the bits are about the events that are left. */
  readonly left?: readonly (Left | undefined)[];
}

/** What is left of a message. Events that are dropped and by reference are: their objects have to be removed. */
export interface Left {
  /** Events that are gone. */
  readonly dropped: number;
  /** The message without them; absent when none is. */
  readonly message?: Uint8Array;
}

/** Nothing: it is ready. */
export type FromWorker = Reply | null;
