/** One event in a consumer's hands, and the bookkeeping that turns its acknowledgement into its message's. */
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

/** Who counts the deliveries of a message: calls `onDone` after the last. */
export class Receipt {
  #open = 1;
  #onDone: () => void;
  constructor(
    readonly batch: EventBatch | undefined,
    onDone: () => void,
  ) {
    this.#onDone = onDone;
  }

  /** One more to wait for. */
  expect(): void {
    this.#open++;
  }

  /** The same message came again: that copy is done when this one is. */
  coverAlso(copy: Receipt): void {
    copy.expect();
    const own = this.#onDone;
    this.#onDone = () => {
      own();
      copy.settle();
    };
  }

  settle(): void {
    if (--this.#open === 0) this.#onDone();
  }
}

/** An event from when it is read on. Takes over one expectation of its message's receipt. */
export class EventDelivery<T> implements Delivery<T> {
  readonly topic: string;
  readonly metadata: Metadata;
  /** There once the event has passed the filter. */
  item!: T | ObjectProxy<T>;
  #receipt: Receipt | undefined;
  constructor(
    readonly event: StreamEvent,
    readonly batch: EventBatch,
    receipt: Receipt,
    public gap: StreamError | undefined,
  ) {
    this.topic = batch.topic;
    this.metadata = (event as ObjectEvent).metadata;
    this.#receipt = receipt;
  }

  ack(): void {
    this.#receipt?.settle();
    this.#receipt = undefined;
  }
}
