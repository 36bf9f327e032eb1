/**
 * In memory: for consumers in the same page or worker, and the smallest connector, to read first.
 *
 * ```ts
 * const tiles = new Store('tiles', new MemoryConnector());
 * ```
 */
import { StreamError } from '../errors.js';
import { toHex } from '../hex.js';
import type { Connector, FetchOptions, PutItem, PutOptions } from '../store/connector.js';
import { readKey } from '../store/key.js';
import { Sweeper } from '../store/sweeper.js';

export interface MemoryConnectorOptions {
  /** Of all objects together; a put beyond that rejects with `quota_exceeded`. Default 256 MiB. */
  readonly maxBytes?: number;
}

interface Held extends PutOptions {
  readonly bytes: Uint8Array;
  consumers: number;
}

export class MemoryConnector implements Connector {
  readonly reach = 'page';
  /** Another page's memory is another place, whatever its store is called. */
  readonly config = { kind: 'memory', id: toHex(crypto.getRandomValues(new Uint8Array(8))) };
  readonly #maxBytes: number;
  readonly #objects = new Map<string, Held>();
  readonly #sweeper = new Sweeper(() => this.sweep());
  #bytes = 0;
  #closed = false;

  constructor({ maxBytes = 2 ** 28 }: MemoryConnectorOptions = {}) {
    this.#maxBytes = maxBytes;
  }

  put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<void> {
    return this.putBatch([{ ...options, key, bytes }]);
  }

  async putBatch(items: readonly PutItem[]): Promise<void> {
    const held = items.map(({ key, bytes, expiresAt }) => [key, { bytes, expiresAt, consumers: this.#consumers(key) }] as const);
    const more = items.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (this.#bytes + more > this.#maxBytes) await this.sweep();
    if (this.#bytes + more > this.#maxBytes)
      throw new StreamError('quota_exceeded', `${more} bytes more would be over the ${this.#maxBytes} that this connector keeps in memory`);
    for (const [key, object] of held) {
      this.#delete(key);
      this.#objects.set(key, { ...object, bytes: object.bytes.slice() });
      this.#bytes += object.bytes.length;
      if (object.expiresAt !== undefined) this.#sweeper.start();
    }
  }

  async get(key: string, { signal, onProgress }: FetchOptions = {}): Promise<Uint8Array | undefined> {
    const bytes = this.#find(key)?.bytes;
    signal?.throwIfAborted();
    if (bytes) onProgress?.(bytes.length, bytes.length);
    return bytes?.slice();
  }

  async exists(key: string): Promise<boolean> {
    return this.#find(key) !== undefined;
  }

  async evict(key: string): Promise<void> {
    this.#consumers(key);
    this.#delete(key);
  }

  async release(key: string): Promise<void> {
    const object = this.#find(key);
    if (object && --object.consumers <= 0) this.#delete(key);
  }

  async sweep(): Promise<number> {
    const before = this.#objects.size;
    for (const [key, object] of this.#objects) if (isOver(object)) this.#delete(key);
    return before - this.#objects.size;
  }

  /** What is stored stays, out of reach. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#sweeper.stop();
  }

  #find(key: string): Held | undefined {
    this.#consumers(key);
    const object = this.#objects.get(key);
    return object && !isOver(object) ? object : undefined;
  }

  #consumers(key: string): number {
    const { consumers } = readKey(key);
    if (this.#closed) throw new StreamError('closed', 'This connector is closed: open a new one');
    return consumers;
  }

  #delete(key: string): void {
    this.#bytes -= this.#objects.get(key)?.bytes.length ?? 0;
    this.#objects.delete(key);
  }
}

function isOver({ expiresAt = Number.POSITIVE_INFINITY }: PutOptions): boolean {
  return expiresAt <= Date.now();
}
