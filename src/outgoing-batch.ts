/** Events of one topic on their way out as one batch: aggregated, stored, encoded, numbered, sent – each step done once, however often it is retried. */
import { END_OF_STREAM, type Metadata, type StreamEvent } from './events.js';
import type { Encoded, Outlet, Parcel } from './outlet.js';
import type { EventPublisher, Lifetime, Publisher, Store } from './protocols.js';
import { failuresOf } from './settle.js';

export type Aggregator<T> = (objects: readonly T[]) => T | Promise<T>;

/** Somebody who wants to know how an attempt ends. */
export interface Waiter {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** One `send`. */
export interface Outgoing<T> {
  readonly object: T;
  readonly metadata: Metadata;
  readonly evict: Lifetime;
  /** What it takes of the producer's room. */
  readonly bytes: number;
  /** What it is expected to take of its message. */
  readonly load: number;
  readonly encoded?: Encoded | undefined;
  /** Its sender, if that one waits for the batch. */
  waiter?: Waiter;
  /** Key of the stored object. */
  key?: string | undefined;
  published?: boolean;
}

export interface BatchSettings<T> {
  readonly topic: string;
  readonly producer: string;
  readonly publisher: Publisher | EventPublisher;
  readonly outlet: Outlet;
  readonly aggregator?: Aggregator<T> | undefined;
  readonly store?: Store | undefined;
}

export class OutgoingBatch<T> {
  /** Should leave as soon as it may. */
  due = false;
  /** Takes no more events. */
  closed = false;
  /** On the wire, its fate unknown. */
  flying = false;
  bytes = 0;
  load = 0;
  readonly entries: Outgoing<T>[] = [];
  /** Hear of the current attempt's end. */
  readonly waiters = new Set<Waiter>();
  /** The batch's place in its stream, once it has one. */
  seq: number | undefined;
  #ends = false;
  #contents: readonly Outgoing<T>[] | undefined;
  /** What has not been sent of the sealed batch, each with the event that it alone carries. */
  #unsent: Map<Parcel, Outgoing<T> | undefined> | undefined;

  add(entry: Outgoing<T>): void {
    this.entries.push(entry);
    this.bytes += entry.bytes;
    this.load += entry.load;
  }

  /** False when it is too late. */
  remove(entry: Outgoing<T>): boolean {
    const at = this.closed ? -1 : this.entries.indexOf(entry);
    if (at < 0) return false;
    this.entries.splice(at, 1);
    this.bytes -= entry.bytes;
    this.load -= entry.load;
    return true;
  }

  end(): void {
    this.closed = this.#ends = true;
  }

  /** Whatever may fail before the wire is reached. */
  async prepare({ aggregator, store, outlet }: BatchSettings<T>): Promise<readonly Encoded[]> {
    const { entries } = this;
    this.closed = true;
    this.#contents ??=
      aggregator && entries.length > 0 ? [await aggregate(entries, aggregator)] : entries.filter(({ published }) => !published);
    if (store) await storeAll(this.#contents, store);
    await outlet.load?.();
    const encoded = this.#contents.map((entry) => entry.encoded ?? outlet.encode(toEvent(entry, store)));
    return this.#ends ? [...encoded, outlet.encode(END_OF_STREAM)] : encoded;
  }

  /** Sends what of it has not been sent: as much at once as the publisher takes, in order. The first failure ends it, and leaves what was not taken. */
  async send({ topic, producer, publisher, outlet, store }: BatchSettings<T>, encoded: readonly Encoded[]): Promise<void> {
    if (!this.#unsent) {
      const parcels = outlet.seal({ topic, producer, seq: this.seq, stores: store ? [store.config] : [] }, encoded);
      const ofItsOwn = parcels.length === encoded.length; // then a refusal is one event's alone
      this.#unsent = new Map(parcels.map((send, i) => [send, ofItsOwn ? this.#contents?.[i] : undefined]));
    }
    const unsent = this.#unsent;
    const line = unsent.entries();
    const failures: unknown[] = [];
    const lane = async () => {
      for (const [send, entry] of line) {
        await send();
        unsent.delete(send);
        if (entry) this.#published(entry);
        if (failures.length > 0) return;
      }
    };
    const lanes = Math.min(publisher.limits?.inFlight ?? 1, unsent.size);
    await Promise.all(Array.from({ length: lanes }, () => lane().catch((error) => failures.push(error))));
    if (failures.length > 0) throw failures[0];
  }

  /** Two halves in its place, when that may keep the fate of one event from being the others'. */
  split(aggregated: boolean): OutgoingBatch<T>[] | undefined {
    const { length } = this.entries;
    if (length === 0 || ((length === 1 || aggregated) && !this.#ends)) return undefined;
    const halves = [new OutgoingBatch<T>(), new OutgoingBatch<T>()] as const;
    const middle = aggregated ? length : Math.ceil(length / 2);
    for (const [i, entry] of this.entries.entries()) {
      const half = halves[i < middle ? 0 : 1];
      half.add(entry);
      if (entry.waiter && this.waiters.delete(entry.waiter)) half.waiters.add(entry.waiter);
    }
    for (const { resolve, reject } of this.waiters) {
      let open = 2;
      const both = { resolve: () => void (--open || resolve()), reject };
      for (const half of halves) half.waiters.add(both);
    }
    for (const half of halves) half.closed = half.due = true;
    if (aggregated) halves[0].#contents = this.#contents;
    if (this.#ends) halves[1].end();
    halves[0].seq = this.seq;
    return [...halves];
  }

  succeed(): void {
    for (const { resolve } of this.waiters) resolve();
  }

  /** Tells whoever waits, and is ready for another attempt. True when somebody heard. */
  fail(reason: unknown): boolean {
    const heard = this.waiters.size > 0;
    for (const { reject } of this.waiters) reject(reason);
    this.waiters.clear();
    return heard;
  }

  /** Removes the objects of events that will never be published. */
  async evictStored(store: Store | undefined): Promise<void> {
    const keys = (this.#contents ?? this.entries).flatMap(({ key }) => key ?? []);
    await Promise.all(keys.map((key) => store?.evict(key)));
  }

  #published(entry: Outgoing<T>): void {
    entry.published = true;
    if (entry.waiter && this.waiters.delete(entry.waiter)) entry.waiter.resolve();
  }
}

async function aggregate<T>(entries: readonly Outgoing<T>[], aggregator: Aggregator<T>): Promise<Outgoing<T>> {
  const object = await aggregator(entries.map((entry) => entry.object));
  const metadata = Object.assign({}, ...entries.map((entry) => entry.metadata)) as Metadata;
  return { object, metadata, evict: entries.find(({ evict }) => evict)?.evict ?? false, bytes: 0, load: 0 };
}

/** An object is in the store before its event is published, unless that keeps it. What has been stored stays so when another one fails. */
async function storeAll<T>(entries: readonly Outgoing<T>[], store: Store): Promise<void> {
  const missing = entries.filter(({ key }) => key === undefined);
  const keys = await store.putLarge?.(missing);
  if (keys) {
    for (const [i, entry] of missing.entries()) entry.key = keys[i];
    return;
  }
  for (const failure of await failuresOf(missing.map(async (entry) => (entry.key = await store.put(entry.object, entry.evict)))))
    throw failure;
}

function toEvent<T>({ object, metadata, evict, key }: Outgoing<T>, from: Store | undefined): StreamEvent {
  if (key === undefined) return { type: 'inline', metadata, object };
  const size = from?.sizeOf?.(key) ?? (object as Partial<ArrayBufferView> | undefined)?.byteLength ?? 0;
  return { type: 'key', metadata, store: 0, key, evict: !!evict, size };
}
