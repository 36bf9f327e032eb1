/**
 * In IndexedDB, in a database of its own: for every page and worker of this origin, also after a restart.
 *
 * ```ts
 * const tiles = new Store('tiles', new IndexedDBConnector());
 * ```
 */
import { StreamError } from '../errors.js';
import type { GetOptions } from '../protocols.js';
import type { Connector, FetchOptions, PutItem, PutOptions } from '../store/connector.js';
import { readKey } from '../store/key.js';
import { Sweeper } from '../store/sweeper.js';
import { Database, type Facts, type Writing } from './indexed-db/database.js';

export interface IndexedDBConnectorOptions {
  /** Names the database: connectors of one name share their objects. Default `'objects'`. */
  readonly name?: string;
  /** Of all objects together; a put beyond that rejects with `quota_exceeded`, as it does when the browser has no room. Default 1 GiB. */
  readonly maxBytes?: number;
  /** `'strict'` survives a power cut, and takes longer. Default `'relaxed'`: survives the browser. */
  readonly durability?: 'relaxed' | 'strict';
}

export class IndexedDBConnector implements Connector {
  readonly reach = 'origin';
  readonly config: { readonly kind: 'indexed-db'; readonly origin: string; readonly database: string };
  readonly #maxBytes: number;
  readonly #database: Database;
  readonly #sweeper = new Sweeper(() => this.sweep());

  constructor({ name = 'objects', maxBytes = 2 ** 30, durability = 'relaxed' }: IndexedDBConnectorOptions = {}) {
    this.config = { kind: 'indexed-db', origin: globalThis.origin, database: name };
    this.#maxBytes = maxBytes;
    this.#database = new Database(`proxystream:${name}`, durability);
  }

  put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<void> {
    return this.putBatch([{ ...options, key, bytes }]);
  }

  async putBatch(items: readonly PutItem[]): Promise<void> {
    const facts = items.map(({ key, bytes, expiresAt }): Facts => {
      const { consumers } = readKey(key);
      return { key, size: bytes.length, consumers, ...(expiresAt !== undefined && { expiresAt }) };
    });
    const buffers = items.map(({ bytes }) => bufferOf(bytes));
    const more = facts.reduce((sum, { size }) => sum + size, 0);
    await this.#database.write(async (tx) => {
      if ((await tx.add(facts, buffers)) <= this.#maxBytes) return;
      await tx.removeExpired(Date.now());
      if ((await tx.bytes()) > this.#maxBytes) throw this.#full(more);
    });
    this.#sweeper.start();
  }

  async get(key: string, { signal, onProgress }: FetchOptions = {}): Promise<Uint8Array | undefined> {
    const [bytes] = await this.getBatch([key], { signal });
    if (bytes) onProgress?.(bytes.length, bytes.length);
    return bytes;
  }

  async getBatch(keys: readonly string[], { signal }: GetOptions = {}): Promise<(Uint8Array | undefined)[]> {
    for (const key of keys) readKey(key);
    signal?.throwIfAborted();
    const buffers = await this.#database.read((tx) => Promise.all(keys.map((key) => tx.get(key, Date.now()))), signal);
    this.#sweeper.start();
    return buffers.map((buffer) => buffer && new Uint8Array(buffer));
  }

  async exists(key: string): Promise<boolean> {
    readKey(key);
    return this.#database.read((tx) => tx.has(key, Date.now()));
  }

  evict(key: string): Promise<void> {
    return this.evictBatch([key]);
  }

  async evictBatch(keys: readonly string[]): Promise<void> {
    for (const key of keys) readKey(key);
    await this.#database.write(async (tx) => {
      for (const key of keys) await tx.remove(key);
    });
  }

  async release(key: string): Promise<void> {
    readKey(key);
    await this.#database.write((tx) => tx.release(key));
  }

  sweep(): Promise<number> {
    return this.#database.write((tx: Writing) => tx.removeExpired(Date.now()));
  }

  async close(): Promise<void> {
    this.#sweeper.stop();
    await this.#database.close(new StreamError('closed', 'This connector is closed: open a new one'));
  }

  #full(more: number): StreamError {
    return new StreamError('quota_exceeded', `${more} bytes more would be over the ${this.#maxBytes} that this connector keeps`, {
      bytes: more,
    });
  }
}

/** Structured clone would store the whole buffer of a view, and refuses shared memory. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteLength } = bytes;
  return (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? buffer : bytes.slice().buffer) as ArrayBuffer;
}
