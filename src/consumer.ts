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
import { Intake, type IntakeOptions } from './intake.js';
import { ObjectProxy } from './object-proxy.js';
import type { AnySubscriber } from './protocols.js';

export type ConsumerOptions<T> = Omit<IntakeOptions<T>, 'stores'> & { readonly stores?: undefined };
export type ConsumerOptionsWithStores<T> = IntakeOptions<T> & Required<Pick<IntakeOptions<T>, 'stores'>>;

export interface NextOptions {
  /** Ends the wait with its reason; no event is lost. */
  readonly signal?: AbortSignal | undefined;
}

/** What a call makes of its event. */
type View<T, R> = (delivery: Delivery<T>) => R | Promise<R>;

class Consumer<T, Item> implements AsyncIterableIterator<Item, undefined>, AsyncDisposable {
  readonly #subscriber: AnySubscriber;
  readonly #intake: Intake<T>;
  #last: Delivery<T> | undefined;
  /** Taken by a call that was given up. */
  #again: Delivery<T> | undefined;
  #turn: Promise<unknown> | undefined;

  constructor(subscriber: AnySubscriber, options: IntakeOptions<T> = {}) {
    this.#subscriber = subscriber;
    this.#intake = new Intake(subscriber, options);
  }

  get stats(): Readonly<ConsumerStats> {
    return this.#intake.stats;
  }

  /**
   * The next item; `done` at end of stream or once closed, and from then on. Acknowledges the item before. Calls made at once are served in turn.
   * Rejects with what the subscriber fails with, with `filter_failed` where `onFilterError` is `'throw'`, or with the signal's reason.
   */
  next(options?: NextOptions): Promise<IteratorResult<Item, undefined>> {
    return this.#deliver(options, (delivery) => delivery.item as Item);
  }

  nextWithMetadata(options?: NextOptions): Promise<IteratorResult<[Metadata, Item], undefined>> {
    return this.#deliver(options, (delivery) => [delivery.metadata, delivery.item as Item]);
  }

  /** Like `next`, with the object fetched. Rejects when it cannot be (`object_missing`); the call after that goes on with the next event. */
  nextObject(options?: NextOptions): Promise<IteratorResult<T, undefined>> {
    return this.#deliver(options, (delivery) => objectOf(delivery, options));
  }

  nextObjectWithMetadata(options?: NextOptions): Promise<IteratorResult<[Metadata, T], undefined>> {
    return this.#deliver(options, async (delivery) => [delivery.metadata, await objectOf(delivery, options)]);
  }

  /** Hands what is unacknowledged back to the subscriber: it comes again, here or elsewhere. `for await` calls this when its loop is left. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#last = this.#again = undefined;
    await this.#intake.rewind();
    return { done: true, value: undefined };
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
  deliveries(options: NextOptions = {}): AsyncIterableIterator<Delivery<T, Item>, undefined> {
    return this.#iterate(async () => result(await this.#take(options.signal)) as IteratorResult<Delivery<T, Item>, undefined>);
  }

  /** Reads only as fast as it is read from. Cancelling it is leaving the loop. */
  readable(): ReadableStream<Item> {
    const pull = async (controller: ReadableStreamDefaultController<Item>) => {
      const { done, value } = await this.next();
      if (done) controller.close();
      else controller.enqueue(value);
    };
    return new ReadableStream<Item>({ pull, cancel: async () => void (await this.return()) }, { highWaterMark: 0 });
  }

  /** Ends a pending `next` with `done`. Closes the subscriber unless told not to, and, if told to, the stores that this consumer opened. Idempotent. */
  async close({ subscriber = true, stores = false }: { subscriber?: boolean; stores?: boolean } = {}): Promise<void> {
    this.#last = this.#again = undefined;
    try {
      await this.#intake.close();
      if (subscriber) await this.#subscriber.close();
    } finally {
      if (stores) await this.#intake.closeStores();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #iterate<R>(next: () => Promise<IteratorResult<R, undefined>>): AsyncIterableIterator<R, undefined> {
    return {
      next,
      return: () => this.return(),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  async #deliver<R>(
    options: NextOptions | undefined,
    view: (delivery: Delivery<T>) => R | Promise<R>,
  ): Promise<IteratorResult<R, undefined>> {
    const { visit } = this.#intake;
    while (this.#turn) await this.#turn;
    if (visit !== this.#intake.visit) return { done: true, value: undefined };
    this.#last?.ack();
    this.#last = undefined;
    const delivery = this.#poll();
    const shown = delivery ? this.#show(delivery, view, options?.signal) : this.#showNext(view, options?.signal);
    return shown instanceof Promise ? this.#inTurn(shown) : shown;
  }

  async #showNext<R>(view: View<T, R>, signal: AbortSignal | undefined): Promise<IteratorResult<R, undefined>> {
    const delivery = await this.#intake.take(signal);
    return delivery ? this.#show(delivery, view, signal) : { done: true, value: undefined };
  }

  #show<R>(
    delivery: Delivery<T>,
    view: View<T, R>,
    signal: AbortSignal | undefined,
  ): IteratorResult<R, undefined> | Promise<IteratorResult<R, undefined>> {
    this.#last = delivery;
    const value = view(delivery);
    return value instanceof Promise ? this.#unlessGivenUp(value, delivery, signal) : { done: false, value };
  }

  #poll(): Delivery<T> | undefined {
    const delivery = this.#again ?? this.#intake.poll();
    this.#again = undefined;
    return delivery;
  }

  /** An event whose object nobody waited for is the next call's. */
  async #unlessGivenUp<R>(
    value: Promise<R>,
    delivery: Delivery<T>,
    signal: AbortSignal | undefined,
  ): Promise<IteratorResult<R, undefined>> {
    try {
      return { done: false, value: await value };
    } catch (error) {
      if (signal?.aborted && this.#last === delivery) {
        this.#last = undefined;
        this.#again = delivery;
      }
      throw error;
    }
  }

  async #take(signal: AbortSignal | undefined): Promise<Delivery<T> | undefined> {
    const { visit } = this.#intake;
    while (this.#turn) await this.#turn;
    if (visit !== this.#intake.visit) return undefined;
    return this.#poll() ?? this.#inTurn(this.#intake.take(signal));
  }

  /** Whoever comes meanwhile waits: arrivals stay in order. */
  async #inTurn<R>(work: Promise<R>): Promise<R> {
    this.#turn = work.catch(() => {});
    try {
      return await work;
    } finally {
      this.#turn = undefined;
    }
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

function result<R>(value: R | undefined): IteratorResult<R, undefined> {
  return value === undefined ? { done: true, value: undefined } : { done: false, value };
}
