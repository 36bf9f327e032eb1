/**
 * The contract between the parts: what a publisher, a subscriber, a filter, a codec and a store are. No logic.
 * A shim implements `Publisher` and `Subscriber` (bytes) or `EventPublisher` and `EventSubscriber` (events), and imports nothing else of the core but
 * what helps it (`topic.ts`, `errors.ts`, `mailbox.ts`).
 */
import type { StreamError } from './errors.js';
import type { BatchHeader, EventBatch, Metadata, StoreConfig, StreamEvent } from './events.js';

export interface SendOptions {
  /** Gives the wait up; what is already on the wire may still arrive. */
  readonly signal?: AbortSignal | undefined;
}

/** What a publisher asks of whoever batches for it. */
export interface PublisherLimits {
  /** Messages should stay at or below this many bytes; a single larger event still travels alone. */
  readonly batchBytes?: number;
  /** Publishes that may be under way at once and are still accepted in order. Default 1. */
  readonly inFlight?: number;
}

/** Sends messages of bytes. */
export interface Publisher extends AsyncDisposable {
  /** How events become bytes on this wire when the producer is given no codec of its own. */
  readonly codec?: Codec;
  readonly limits?: PublisherLimits;
  /**
   * Settles when this publisher's guarantee holds. The bytes may be changed by the caller as soon as this returns.
   * Rejects with `closed` when neither kept nor refused before `close()`; with the signal's reason when aborted.
   */
  send(topic: string, message: Uint8Array, options?: SendOptions): Promise<void>;
  /**
   * Offered where what `send` promises is not the end of it (an outbox): settles when everything sent before has got where it is to go.
   * Rejects when some of it never will, with `closed`, or with the signal's reason: the wait is given up, not the sending.
   */
  flush?(options?: SendOptions): Promise<void>;
  /** Ends every wait; idempotent. Settles when nothing more will be sent. */
  close(): Promise<void>;
}

/** Sends batches of events as they are, where the wire needs no bytes (structured clone, memory). */
export interface EventPublisher extends AsyncDisposable {
  readonly limits?: PublisherLimits;
  /** Like {@link Publisher.send}. The batch is not changed by either side afterwards. */
  sendEvents(batch: EventBatch, options?: SendOptions): Promise<void>;
  /** Like {@link Publisher.flush}. */
  flush?(options?: SendOptions): Promise<void>;
  close(): Promise<void>;
}

export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly properties?: MessageProperties;
}

/** What some wires carry beside the bytes (MQTT 5: content type and user properties). */
export interface MessageProperties {
  readonly contentType?: string;
  readonly userProperties?: Readonly<Record<string, string | readonly string[]>>;
}

/** Yields the bytes of each message in order; asking for the next acknowledges the one before. Ends when closed. */
export interface Subscriber extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /** Ends pending and future iterations; idempotent. */
  close(): Promise<void>;
}

/** What arrived, in order. A `StreamError` in between is news from the wire: a `gap`, or an `invalid_message`. */
export interface Batch<M> {
  readonly messages: readonly (M | StreamError)[];
  /** Acknowledges the first `count` messages (default: all). What the wire hears is always in order. */
  ack(count?: number): void;
}

export interface BatchOptions {
  /** Messages per batch at most. */
  readonly max?: number;
  /** Ends the wait with the signal's reason; nothing is lost. */
  readonly signal?: AbortSignal | undefined;
  /** `'pull'` (default): asking for the next batch acknowledges the one before. `'manual'`: only `ack()` does. */
  readonly ack?: 'pull' | 'manual';
}

/**
 * A subscriber that holds acknowledgements. Leaving the iteration leaves what was not acknowledged to the next one.
 * `M` is `Message` on byte wires; event wires yield `EventBatch`es too.
 */
export interface BatchSubscriber<M = Message> extends Subscriber {
  /** How bytes become events when the consumer is given no codec of its own. */
  readonly codec?: Codec;
  /** True when each message goes to one subscriber only, so that this one sees gaps in the sequences and nothing is missing. */
  readonly competing?: boolean;
  batches(options?: BatchOptions): AsyncIterable<Batch<M>>;
  /** Settles once everything published from now on will be delivered. */
  ready?(): Promise<void>;
  /**
   * Offered where the other side keeps what comes for one who is away. Says, before the first use, that it has done so for this one in another tab or on an
   * earlier visit: when it turns out to know nothing of it, a `gap` says so.
   */
  resume?(): void;
}

export type EventSubscriber = BatchSubscriber<Message | EventBatch>;

export type AnySubscriber = Subscriber | BatchSubscriber | EventSubscriber;

/** What to do with what arrives while the buffer is full and the wire cannot be held. */
export type Overflow = 'error' | 'drop-oldest' | 'drop-newest';

/** How much may wait, in messages and bytes; one message always fits. */
export interface BufferOptions {
  readonly maxMessages?: number;
  readonly maxBytes?: number;
  readonly overflow?: Overflow;
}

/**
 * Decides from an event's metadata whether to drop it: **true drops**.
 * `batch`, where offered, is asked instead, once for many; it answers in order and in full.
 */
export interface Filter<M = Metadata> {
  (metadata: M): boolean | Promise<boolean>;
  batch?(metadata: readonly M[]): readonly boolean[] | Promise<readonly boolean[]>;
  /**
   * Where offered, a consumer of bytes shows it what has arrived before it reads any of it. The answer is as long, with batches in the place of those
   * messages that the filter has read itself; it is asked about their events all the same. Never rejects.
   */
  incoming?(arrivals: readonly Arrival[], codec: Codec): Promise<readonly Arrival[]>;
}

/** What a wire brings: a `StreamError` is news. */
export type Arrival = Message | EventBatch | StreamError;

/** How events are written as bytes. */
export interface Codec {
  /** True when a message carries one event: then `assemble` is given one. */
  readonly single?: boolean;
  /** Where part of a codec is loaded when it is needed: settles once `assemble` and `decode` may be called. */
  load?(): Promise<unknown>;
  /** Throws `StreamError`: `not_encodable`, `too_large`, or `unsupported`. */
  encodeEvent(event: StreamEvent): Uint8Array;
  /** The message that carries these encoded events. Throws `StreamError`: `too_large` where fewer events may do. */
  assemble(header: BatchHeader, events: readonly Uint8Array[]): Uint8Array;
  /** Reads headers and metadata; an inline event's `object` is decoded when it is first read. Throws `StreamError`. */
  decode(message: Uint8Array, topic: string): EventBatch;
  /** The same function as `decode` where that reads wire format 1 and does nothing else: what it makes of a message is known elsewhere too. */
  readonly wire1?: Codec['decode'];
}

export interface GetOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((loaded: number, total: number) => void) | undefined;
}

/**
 * How long an object stays: until it was read once (`true`), for good (`false`), until so many consumers have read it, for so many milliseconds;
 * of both, until the first of them.
 */
export type Lifetime = boolean | { readonly consumers?: number; readonly ttlMs?: number };

/** An object that a producer is about to send. */
export interface Bulk {
  readonly object: unknown;
  readonly evict: Lifetime;
}

/** Where bulk objects live while their events travel. Anything of this shape will do. */
export interface Store {
  readonly name: string;
  /** Plain data that tells a consumer which store this is; no secrets. */
  readonly config: StoreConfig;
  /** Bytes that an object is expected to take of its event. Default: its own. */
  loadOf?(object: unknown): number;
  /** Settles with the key of the object. Rejects with `unsupported` when the store cannot keep that lifetime. */
  put(object: unknown, lifetime?: Lifetime): Promise<string>;
  /** A producer asks this instead, where offered. All of them or none; no key for an object that had better stay in its event. */
  putLarge?(bulk: readonly Bulk[]): Promise<readonly (string | undefined)[]>;
  /** Rejects with `StreamError('object_missing')` when there is none; a stored `undefined` is a value. */
  get(key: string, options?: GetOptions): Promise<unknown>;
  exists(key: string): Promise<boolean>;
  /** Removes the object, whoever still waits for it. */
  evict(key: string): Promise<void>;
  /** One of its consumers has read the object; the last one's removes it. A store without it knows no other lifetimes than `true` and `false`. */
  release?(key: string): Promise<void>;
  /** Bytes of the object that a key speaks of, as far as it says. */
  sizeOf?(key: string): number;
  close(): Promise<void>;
}
