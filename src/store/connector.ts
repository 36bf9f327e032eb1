/** Where a store keeps its bytes. Anything of this shape will do; `describeConnector` of `proxystream/testing` says whether it does. No logic. */
import type { GetOptions } from '../protocols.js';

/** Plain data that names the place: equal for two connectors exactly when they reach the same objects. It travels in events, so: no secrets. */
export interface ConnectorConfig {
  readonly kind: string;
  readonly [option: string]: unknown;
}

export interface PutOptions {
  /** Milliseconds since 1970: from then on the object is not there. Default: it stays. */
  readonly expiresAt?: number | undefined;
}

export interface PutItem extends PutOptions {
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** `onProgress` hears of bytes. */
export interface FetchOptions extends GetOptions {
  /** Bytes the object has. What turns out longer is not read to its end. */
  readonly size?: number | undefined;
}

/**
 * Keys are what `readKey` accepts: the connector refuses all others with `invalid_key`, before it does anything. A key is written once.
 * Constructors do no I/O. After `close()` everything rejects with `closed`; what is stored stays.
 */
export interface Connector {
  readonly config: ConnectorConfig;
  /** Who reaches the same objects with an equal connector: this page alone, all pages and workers of its origin, or anyone. */
  readonly reach: 'page' | 'origin' | 'anywhere';
  /** Settles when the object is there for everyone the connector reaches; the bytes must not change before. Rejects with `quota_exceeded` when there is no room. */
  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<void>;
  /** All of them, or none when it rejects. */
  putBatch?(items: readonly PutItem[]): Promise<void>;
  /** The caller's own copy; undefined when there is none, or none any more. Rejects with the signal's reason, or a `StreamError`. */
  get(key: string, options?: FetchOptions): Promise<Uint8Array | undefined>;
  getBatch?(keys: readonly string[], options?: GetOptions): Promise<(Uint8Array | undefined)[]>;
  /** The same piece by piece, where that saves memory or time. */
  stream?(key: string, options?: FetchOptions): Promise<ReadableStream<Uint8Array> | undefined>;
  exists(key: string): Promise<boolean>;
  /** Removes the object, for however many it still was; nothing to do is no failure. */
  evict(key: string): Promise<void>;
  evictBatch?(keys: readonly string[]): Promise<void>;
  /** One of the consumers that the key speaks of has read it: the last one's removes the object. */
  release?(key: string): Promise<void>;
  /** Removes what has expired. Connectors do it by themselves now and then. Settles with the number of objects removed. */
  sweep?(): Promise<number>;
  close(): Promise<void>;
}
