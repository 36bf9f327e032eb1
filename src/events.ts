/** Events and the batches they travel in, as both wires (bytes, structured clone) know them. */
import { StreamError } from './errors.js';
import { checkTopic } from './topic.js';

/** Facts about an event that filters read. Plain data. */
// biome-ignore lint/suspicious/noExplicitAny: metadata is whatever the producer said; filters read it by name
export type Metadata = Readonly<Record<string, any>>;

/** Names a store; consumers resolve only through stores they were given. */
export interface StoreConfig {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** The object itself travels. */
export interface InlineEvent {
  readonly type: 'inline';
  readonly metadata: Metadata;
  readonly object: unknown;
}

/** The object waits in a store; `store` is an index into the batch's `stores`. */
export interface KeyEvent {
  readonly type: 'key';
  readonly metadata: Metadata;
  readonly store: number;
  readonly key: string;
  readonly evict: boolean;
  /** Bytes, 0 when unknown. */
  readonly size: number;
}

/** Its producer sends no more on this topic. */
export interface EndOfStream {
  readonly type: 'end';
}

export type ObjectEvent = InlineEvent | KeyEvent;
export type StreamEvent = ObjectEvent | EndOfStream;

export interface BatchHeader {
  readonly topic: string;
  /** 32 hexadecimal digits, new for every StreamProducer; absent when the sender knows nothing of this SDK. */
  readonly producer?: string | undefined;
  /** Counts this producer's batches on this topic from 0. */
  readonly seq?: number | undefined;
  readonly stores: readonly StoreConfig[];
}

export interface EventBatch extends BatchHeader {
  readonly events: readonly StreamEvent[];
}

export const END_OF_STREAM: EndOfStream = Object.freeze({ type: 'end' });

/** A longer message is neither written nor read; bulk goes by reference. */
export const MAX_MESSAGE_BYTES = 16 * 2 ** 20;

/** Wire format 1 (docs/wire-format.md): arrays instead of named fields, on both wires. */
export const WIRE_VERSION = 1;
export type WireEvent =
  | readonly [kind: 0, metadata: Metadata, object: unknown, raw?: 1]
  | readonly [kind: 1, metadata: Metadata, store: number, key: string, evict: boolean, size: number]
  | readonly [kind: 2];

export function toWire(event: StreamEvent): WireEvent {
  switch (event.type) {
    case 'inline':
      return [0, event.metadata, event.object];
    case 'key':
      return [1, event.metadata, event.store, event.key, event.evict, event.size];
    case 'end':
      return [2];
  }
}

type ReadInline = (metadata: Metadata, object: unknown, raw: boolean) => InlineEvent;

/**
 * Checks what came from outside and makes a batch of it. `inline` turns an inline wire event into ours.
 * Throws `StreamError`: `invalid_message`, or `unsupported_version`.
 */
export function readBatch(wire: unknown, inline: ReadInline): Omit<EventBatch, 'producer'> & { readonly producer: unknown } {
  const [version, topic, producer, seq, stores, events] = list(wire, 'a batch');
  checkVersion(version);
  if (!isCount(seq)) throw invalid('its sequence number is not a whole number');
  const configs = list(stores, 'stores');
  for (const store of configs) if (!isMap(store) || typeof store.name !== 'string') throw invalid('a store config has no name');
  const read: StreamEvent[] = [];
  // `map` would not stop at the first hole of a list that is long and empty.
  for (const event of list(events, 'events')) read.push(readEvent(list(event, 'an event'), configs.length, inline));
  return { topic: readTopic(topic), producer, seq, stores: configs as StoreConfig[], events: read };
}

/** Throws `StreamError`: `unsupported_version` for a newer format, else `invalid_message`. */
export function checkVersion(version: unknown): void {
  if (version === WIRE_VERSION) return;
  if (!isCount(version) || version === 0) throw invalid('it does not start with a wire format version');
  throw new StreamError('unsupported_version', `Wire format ${version} is newer than this reader's ${WIRE_VERSION}: update proxystream`, {
    version,
  });
}

function readTopic(topic: unknown): string {
  try {
    return checkTopic(topic as string);
  } catch (error) {
    throw invalid((error as Error).message, error);
  }
}

function readEvent(event: readonly unknown[], stores: number, inline: ReadInline): StreamEvent {
  const [kind, metadata, store, key, evict, size] = event;
  if (kind === 2) return END_OF_STREAM;
  if (!isMap(metadata)) throw invalid("an event's metadata is not a map");
  if (kind === 0 && event.length > 2) return inline(metadata, event[2], event[3] === 1);
  if (kind === 1 && isCount(store) && store < stores && typeof key === 'string' && typeof evict === 'boolean' && isCount(size)) {
    return { type: 'key', metadata, store, key, evict, size };
  }
  throw invalid('an event is neither inline, nor by key, nor an end of stream');
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(`${what} should be a list`);
  return value;
}

function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

export function invalid(why: string, cause?: unknown): StreamError {
  return new StreamError('invalid_message', `Not a proxystream message: ${why}`, { cause });
}
