/** One event in a consumer's hands. */
import type { StreamError } from './errors.js';
import type { EventBatch, Metadata, ObjectEvent, StreamEvent } from './events.js';
import type { ObjectProxy } from './object-proxy.js';

/** Counts since the consumer was made. */
export interface ConsumerStats {
  /** Events given out. */
  events: number;
  /** Dropped by the filter. */
  dropped: number;
  /** Messages that were no valid events, and objects that failed the schema. */
  invalid: number;
  /** Batches that came twice and were left out. */
  duplicates: number;
  /** Times something was found missing. */
  gaps: number;
  /** Batches known to be missing, as far as their number is known. */
  missed: number;
  /** Events whose filter failed. */
  filterErrors: number;
}

export interface Delivery<T, Item = T | ObjectProxy<T>> {
  readonly topic: string;
  readonly metadata: Metadata;
  readonly item: Item;
  /** What is missing right before this event: a `gap`. */
  readonly gap?: StreamError | undefined;
  /** Dealt with. Idempotent. */
  ack(): void;
}

/** An event from when it is read on. */
export interface EventDelivery<T> extends Delivery<T> {
  readonly event: StreamEvent;
  readonly batch: EventBatch;
  /** There once the event has passed the filter. */
  item: T | ObjectProxy<T>;
  gap: StreamError | undefined;
  settle: (() => void) | undefined;
}

/** `settle` is called once, when the event has been dealt with. */
export function deliveryOf<T>(event: StreamEvent, batch: EventBatch, gap: StreamError | undefined, settle: () => void): EventDelivery<T> {
  // One shape and one `ack` for all: there are many.
  return { topic: batch.topic, metadata: (event as ObjectEvent).metadata, item: undefined as never, gap, event, batch, settle, ack };
}

function ack(this: EventDelivery<unknown>): void {
  this.settle?.();
  this.settle = undefined;
}
