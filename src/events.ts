/** Events and the batches they travel in, as both wires (bytes, structured clone) know them. */
import { StreamError } from './errors.js';

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

export function invalid(why: string): StreamError {
  return new StreamError('invalid_message', `Not a proxystream message: ${why}`);
}
