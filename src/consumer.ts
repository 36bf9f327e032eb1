/**
 * Reads the objects of a stream. **Asking for the next acknowledges the one before**; leaving the loop leaves what was not finished to come again.
 *
 * ```ts
 * await using consumer = new StreamConsumer<Quake>(new BroadcastChannelSubscriber('quakes/+'), { filter: (m) => m.mag < 2.5 });
 * for await (const quake of consumer) draw(quake);
 * ```
 */

import type { ConsumerStats, Delivery } from './delivery.js';
import type { Metadata } from './events.js';
import { type Intake, type IntakeOptions, openIntake } from './intake.js';
import { DONE, iterate, type Result } from './iterate.js';
import { ObjectProxy } from './object-proxy.js';
import type { AnySubscriber } from './protocols.js';

export type ConsumerOptions<T> = Omit<IntakeOptions<T>, 'stores'> & { readonly stores?: undefined };
export type ConsumerOptionsWithStores<T> = IntakeOptions<T> & Required<Pick<IntakeOptions<T>, 'stores'>>;

export interface NextOptions {
  /** Ends the wait with its reason; no event is lost. */
  readonly signal?: AbortSignal | undefined;
}

class Consumer<T, Item> implements AsyncIterableIterator<Item, undefined>, AsyncDisposable {
  readonly #intake: Intake<T>;

  constructor(subscriber: AnySubscriber, options: IntakeOptions<T> = {}) {
    this.#intake = openIntake(subscriber, options);
  }

  get stats(): Readonly<ConsumerStats> {
    return this.#intake.stats;
  }

  /**
   * The next item; `done` at end of stream or once closed, and from then on. Acknowledges the item before. Calls made at once are served in turn.
   * Rejects with what the subscriber fails with, with `filter_failed` where `onFilterError` is `'throw'`, or with the signal's reason.
   */
  next(options?: NextOptions): Promise<Result<Item>> {
    return this.#intake.deliver((delivery) => delivery.item as Item, options);
  }

  nextWithMetadata(options?: NextOptions): Promise<Result<[Metadata, Item]>> {
    return this.#intake.deliver((delivery) => [delivery.metadata, delivery.item as Item], options);
  }

  /** Like `next`, with the object fetched. Rejects when it cannot be (`object_missing`); the call after that goes on with the next event. */
  nextObject(options?: NextOptions): Promise<Result<T>> {
    return this.#intake.deliver((delivery) => objectOf(delivery, options), options);
  }

  nextObjectWithMetadata(options?: NextOptions): Promise<Result<[Metadata, T]>> {
    return this.#intake.deliver(async (delivery) => [delivery.metadata, await objectOf(delivery, options)], options);
  }

  /** Hands what is unacknowledged back to the subscriber: it comes again, here or elsewhere. `for await` calls this when its loop is left. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#intake.leave();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  iterWithMetadata(options?: NextOptions): AsyncIterableIterator<[Metadata, Item], undefined> {
    return this.#iterate(() => this.nextWithMetadata(options));
  }

  iterObjects(options?: NextOptions): AsyncIterableIterator<T, undefined> {
    return this.#iterate(() => this.nextObject(options));
  }

  iterObjectsWithMetadata(options?: NextOptions): AsyncIterableIterator<[Metadata, T], undefined> {
    return this.#iterate(() => this.nextObjectWithMetadata(options));
  }

  /** For working on several at once: nothing is acknowledged but by each delivery's `ack()`, in whatever order; the wire hears it in order. */
  deliveries(options?: NextOptions): AsyncIterableIterator<Delivery<T, Item>, undefined> {
    return this.#iterate(() => this.#intake.deliver((delivery) => delivery as Delivery<T, Item>, options, false));
  }

  /** Reads only as fast as it is read from. Cancelling it is leaving the loop. */
  readable(): ReadableStream<Item> {
    const pull = async (controller: ReadableStreamDefaultController<Item>) => {
      const { done, value } = await this.next();
      if (done) controller.close();
      else controller.enqueue(value);
    };
    return new ReadableStream<Item>({ pull, cancel: () => this.#intake.leave() }, { highWaterMark: 0 });
  }

  /** Ends a pending `next` with `done`. Closes the subscriber unless told not to, and, if told to, the stores that this consumer opened. Idempotent. */
  close({ subscriber = true, stores = false }: { subscriber?: boolean; stores?: boolean } = {}): Promise<void> {
    return this.#intake.close(subscriber, stores);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #iterate<R>(next: () => Promise<Result<R>>): AsyncIterableIterator<R, undefined> {
    return iterate(next, () => this.return());
  }
}

export interface StreamConsumer<T, Item = T> extends Consumer<T, Item> {}

/** With `stores` every item is an `ObjectProxy` (one for an object that travelled inline is resolved already); without, the object itself. */
export const StreamConsumer: {
  new <T>(subscriber: AnySubscriber, options: ConsumerOptionsWithStores<T>): StreamConsumer<T, ObjectProxy<T>>;
  new <T>(subscriber: AnySubscriber, options?: ConsumerOptions<T>): StreamConsumer<T, T>;
} = Consumer as never;

function objectOf<T>({ item }: Delivery<T>, options: NextOptions | undefined): T | Promise<T> {
  return item instanceof ObjectProxy ? item.resolve(options) : (item as T);
}
