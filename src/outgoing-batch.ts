/** Events of one topic on their way out as one batch: aggregated, stored, encoded, numbered, sent – each step done once, however often it is retried. */
import { StreamError } from './errors.js';
import { END_OF_STREAM, type Metadata, type StreamEvent } from './events.js';
import { releases } from './object-proxy.js';
import type { Encoded, Outlet, Parcel } from './outlet.js';
import type { Lifetime, Store } from './protocols.js';
import { roughBytes } from './rough-bytes.js';

export type Aggregator<T> = (objects: readonly T[]) => T | Promise<T>;

/** One `send`. */
export interface Outgoing<T> {
  readonly object: T;
  readonly metadata: Metadata;
  readonly evict: Lifetime;
  /** What it takes of the producer's room. */
  readonly bytes: number;
  readonly encoded?: Encoded | undefined;
  /** Key of the stored object. */
  key?: string;
  published?: boolean;
}

export interface BatchSettings<T> {
  readonly topic: string;
  readonly producer: string;
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
  readonly entries: Outgoing<T>[] = [];
  #ends = false;
  #contents: readonly Outgoing<T>[] | undefined;
  /** What has not been sent of the sealed batch. */
  #unsent: { readonly send: Parcel; readonly entry: Outgoing<T> | undefined }[] | undefined;
  #outcome = new Outcome();

  /** The batch's place in its stream, once it has one. */
  seq: number | undefined;

  add(entry: Outgoing<T>): void {
    this.entries.push(entry);
    this.bytes += entry.bytes;
  }

  /** False when it is too late. */
  remove(entry: Outgoing<T>): boolean {
    const at = this.closed ? -1 : this.entries.indexOf(entry);
    if (at < 0) return false;
    this.entries.splice(at, 1);
    this.bytes -= entry.bytes;
    return true;
  }

  end(): void {
    this.#ends = true;
    this.closed = true;
  }

  get empty(): boolean {
    return this.entries.length === 0 && !this.#ends;
  }

  /** The current attempt's end. */
  wait(): Promise<void> {
    return this.#outcome.wait();
  }

  /** Whatever may fail before the wire is reached. */
  async prepare({ aggregator, store, outlet }: BatchSettings<T>): Promise<readonly Encoded[]> {
    this.closed = true;
    this.#contents ??=
      aggregator && this.entries.length > 0
        ? [await aggregate(this.entries, aggregator)]
        : this.entries.filter(({ published }) => !published);
    if (store) await storeAll(this.#contents, store);
    const encoded = this.#contents.map((entry) => entry.encoded ?? outlet.encode(toEvent(entry, store)));
    return this.#ends ? [...encoded, outlet.encode(END_OF_STREAM)] : encoded;
  }

  /** Sends what of it has not been sent. */
  async send({ topic, producer, outlet, store }: BatchSettings<T>, encoded: readonly Encoded[]): Promise<void> {
    const header = { topic, producer, seq: this.seq, stores: store ? [store.config] : [] };
    if (!this.#unsent) {
      const parcels = outlet.seal(header, encoded);
      const ofItsOwn = parcels.length === encoded.length; // then a refusal is one event's alone
      this.#unsent = parcels.map((send, i) => ({ send, entry: ofItsOwn ? this.#contents?.[i] : undefined }));
    }
    await this.#sendUnsent(outlet.limits.inFlight ?? 1);
    for (const entry of this.entries) entry.published = true;
  }

  /** So many at once, in order. The first failure ends it, and leaves what was not taken. */
  async #sendUnsent(atOnce: number): Promise<void> {
    const unsent = new Set(this.#unsent);
    const line = unsent.values();
    const failures: unknown[] = [];
    const lane = async () => {
      for (const parcel of line) {
        await parcel.send({});
        unsent.delete(parcel);
        if (parcel.entry) parcel.entry.published = true;
        if (failures.length > 0) return;
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, unsent.size) }, () => lane().catch((error) => failures.push(error))));
    this.#unsent = [...unsent];
    if (failures.length > 0) throw failures[0];
  }

  /** Two batches in place of one that is refused as a whole; who waits for this one waits for both. Undefined when it cannot be divided. */
  split(aggregated: boolean): [OutgoingBatch<T>, OutgoingBatch<T>] | undefined {
    const { length } = this.entries;
    if (length === 0 || ((length === 1 || aggregated) && !this.#ends)) return undefined;
    const halves: [OutgoingBatch<T>, OutgoingBatch<T>] = [new OutgoingBatch(), new OutgoingBatch()];
    const middle = aggregated ? length : Math.ceil(length / 2);
    for (const [i, entry] of this.entries.entries()) halves[i < middle ? 0 : 1].add(entry);
    for (const half of halves) half.closed = half.due = true;
    if (aggregated) halves[0].#contents = this.#contents;
    if (this.#ends) halves[1].end();
    halves[0].seq = this.seq;
    const first = Promise.allSettled(halves.map((half) => half.wait())).then((results) =>
      results.find(({ status }) => status === 'rejected'),
    );
    void first.then((failure) => (failure ? this.fail((failure as PromiseRejectedResult).reason) : this.succeed()));
    return halves;
  }

  succeed(): void {
    this.#outcome.resolve();
  }

  /** Tells whoever waits, and is ready for another attempt. True when somebody heard. */
  fail(reason: unknown): boolean {
    const outcome = this.#outcome;
    this.#outcome = new Outcome();
    outcome.reject(reason);
    return outcome.heard;
  }

  /** Removes the objects of events that will never be published. */
  async evictStored(store: Store | undefined): Promise<void> {
    const keys = (this.#contents ?? this.entries).flatMap(({ key }) => (key === undefined ? [] : [key]));
    if (store) await Promise.all(keys.map((key) => store.evict(key)));
  }
}

/** A promise that knows whether anybody waits for it. */
class Outcome {
  resolve!: () => void;
  reject!: (reason: unknown) => void;
  heard = false;
  readonly #promise = new Promise<void>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor() {
    this.#promise.catch(() => {}); // unheard failures go to the producer's onError
  }

  wait(): Promise<void> {
    this.heard = true;
    return this.#promise;
  }
}

async function aggregate<T>(entries: readonly Outgoing<T>[], aggregator: Aggregator<T>): Promise<Outgoing<T>> {
  const object = await aggregator(entries.map((entry) => entry.object));
  const metadata = Object.assign({}, ...entries.map((entry) => entry.metadata)) as Metadata;
  return { object, metadata, evict: entries.find(({ evict }) => evict)?.evict ?? false, bytes: 0 };
}

/** An object is in the store before its event is published, unless it is so small that it stays in that. What has been stored stays so when another one fails. */
async function storeAll<T>(entries: readonly Outgoing<T>[], store: Store): Promise<void> {
  const missing = entries.filter(({ key, object }) => key === undefined && !(roughBytes(object) < (store.inlineBelow ?? 0)));
  if (!store.release && missing.some(({ evict }) => typeof evict === 'object'))
    throw new StreamError('unsupported', `Store "${store.name}" knows no lifetimes but evict: true and false`);
  if (store.putBatch && missing.length > 1) {
    const keys = await store.putBatch(
      missing.map(({ object }) => object),
      missing.map(({ evict }) => evict),
    );
    for (const [i, entry] of missing.entries()) entry.key = keys[i] as string;
    return;
  }
  const results = await Promise.allSettled(missing.map(async (entry) => (entry.key = await store.put(entry.object, entry.evict))));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

function toEvent<T>({ object, metadata, evict, key }: Outgoing<T>, from: Store | undefined): StreamEvent {
  if (key === undefined) return { type: 'inline', metadata, object };
  const size = from?.sizeOf?.(key) ?? (object as Partial<ArrayBufferView> | undefined)?.byteLength ?? 0;
  return { type: 'key', metadata, store: 0, key, evict: releases(evict), size };
}
