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

/** An event from when it is read on. `settle` is called once, when it has been dealt with. */
export class EventDelivery<T> implements Delivery<T> {
  readonly topic: string;
  readonly metadata: Metadata;
  /** There once the event has passed the filter. */
  item!: T | ObjectProxy<T>;
  #settle: (() => void) | undefined;
  constructor(
    readonly event: StreamEvent,
    readonly batch: EventBatch,
    settle: () => void,
    public gap: StreamError | undefined,
  ) {
    this.topic = batch.topic;
    this.metadata = (event as ObjectEvent).metadata;
    this.#settle = settle;
  }

  ack(): void {
    this.#settle?.();
    this.#settle = undefined;
  }
}
