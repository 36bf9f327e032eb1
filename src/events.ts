/** Events and the batches they travel in, as both wires (bytes, structured clone) know them. */
import { StreamError } from './errors.js';
import { isTopic } from './topic.js';

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
  if (event.type === 'end') return [2];
  if (event.type === 'inline') return [0, event.metadata, event.object];
  return [1, event.metadata, event.store, event.key, event.evict, event.size];
}

type ReadInline = (metadata: Metadata, object: unknown, raw: boolean) => InlineEvent;

/**
 * Checks what came from outside and makes a batch of it. `inline` turns an inline wire event into ours.
 * Throws `StreamError`: `invalid_message`, or `unsupported_version`.
 */
export function readBatch(wire: unknown, inline: ReadInline): Omit<EventBatch, 'producer'> & { readonly producer: unknown } {
  const [version, topic, producer, seq, stores, events] = list(wire);
  checkVersion(version);
  expect(isTopic(topic), 'topic');
  expect(isCount(seq), 'sequence number');
  const configs = list(stores) as StoreConfig[];
  for (const store of configs) expect(isMap(store) && typeof store.name === 'string', 'store config');
  const read: StreamEvent[] = [];
  // `map` would not stop at the first hole of a list that is long and empty.
  for (const event of list(events)) read.push(readEvent(list(event), configs.length, inline));
  return { topic, producer, seq, stores: configs, events: read };
}

/** Throws `StreamError`: `unsupported_version` for a newer format, else `invalid_message`. */
export function checkVersion(version: unknown): void {
  expect(isCount(version) && version >= WIRE_VERSION, 'version');
  if (version === WIRE_VERSION) return;
  throw new StreamError('unsupported_version', `Wire format ${version} is newer than ${WIRE_VERSION}: update proxystream`, {
    version,
  });
}

function readEvent(event: readonly unknown[], stores: number, inline: ReadInline): StreamEvent {
  const [kind, metadata, store, key, evict, size] = event;
  if (kind === 2) return END_OF_STREAM;
  expect(isMap(metadata), 'metadata');
  if (kind === 0 && event.length > 2) return inline(metadata, event[2], event[3] === 1);
  expect(kind === 1 && isCount(store) && store < stores && typeof key === 'string' && typeof evict === 'boolean' && isCount(size), 'event');
  return { type: 'key', metadata, store, key, evict, size };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function list(value: unknown): readonly unknown[] {
  expect(Array.isArray(value), 'list');
  return value;
}

function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Throws `StreamError('invalid_message')` unless this part of the message is what it should be. */
export function expect(holds: boolean, part: string): asserts holds {
  if (!holds) throw invalid(`malformed ${part}`);
}

export function invalid(why: string, cause?: unknown): StreamError {
  return new StreamError('invalid_message', `Not a proxystream message: ${why}`, { cause });
}
