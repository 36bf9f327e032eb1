/**
 * What page and filter worker say to each other: whole batches of metadata one way, bit masks the other. No logic.
 *
 * The worker answers questions one at a time and in the order in which they came, so the page always knows which one it is busy with.
 * Every message bears the token of its worker's life: what a filter posts by itself has none and is left aside.
 */
import type { StreamErrorData } from '../errors.js';
import type { Metadata } from '../events.js';

/** A filter as data: which of the worker's filters to ask, with which parameters, combined how. */
export type Expression =
  | { readonly op: 'any' | 'all' | 'not'; readonly parts: readonly Expression[] }
  | { readonly op: 'leaf'; readonly name: string; readonly parameters?: unknown };

export type ToWorker = { readonly proxystream: 1; readonly token: number } & (
  | { readonly kind: 'hello' }
  /** Comes before the first question that names it. */
  | { readonly kind: 'define'; readonly id: number; readonly expression: Expression }
  | { readonly kind: 'forget'; readonly id: number }
  | { readonly kind: 'ask'; readonly ask: number; readonly id: number; readonly metadata: readonly Metadata[] }
);

/** To `hello`. */
export interface Ready {
  readonly token: number;
  readonly kind: 'ready';
}

export interface Reply {
  readonly token: number;
  readonly kind: 'answer';
  readonly ask: number;
  /** One bit for each event, lowest first: 1 drops. */
  readonly drops: Uint8Array;
  /** The same for those that the filter failed on, if any, and why it failed on the first of them. */
  readonly failures?: Uint8Array;
  readonly reason?: StreamErrorData;
  /** Of this batch: seen, dropped, failed and milliseconds of each part of the expression, parents first. */
  readonly costs: readonly number[];
}

export type FromWorker = Ready | Reply;
