/**
 * Bulk by reference: the object stays where it is put, and its event carries a key of some 40 characters.
 *
 * ```ts
 * const tiles = new Store('tiles', new HttpConnector({ url: '/objects/' }));
 * const producer = new StreamProducer<Tile>(publisher, { stores: { tiles } });
 * const consumer = new StreamConsumer<Tile>(subscriber, { stores: [tiles] });
 * for await (const [meta, proxy] of consumer.iterWithMetadata()) if (visible(meta)) draw(await proxy.resolve());
 * ```
 */
import { StreamError } from './errors.js';
import type { StoreConfig } from './events.js';
import type { ProxyDescriptor, ProxyMaker } from './object-proxy.js';
import type { Bulk, GetOptions, Lifetime, Store as StoreShape } from './protocols.js';
import { Cache } from './store/cache.js';
import type { Connector, PutItem } from './store/connector.js';
import { awaited, Future, pointedTo } from './store/future.js';
import { checkSize, missing, notVerifiable, verify } from './store/integrity.js';
import { hashOf, readKey, writeKey } from './store/key.js';
import { termsOf } from './store/lifetime.js';
import { measured, newMetrics, type Operation } from './store/metrics.js';
import { ObjectProxy } from './store/object-proxy.js';
import { DEFAULTS, type StoreOptions } from './store/options.js';
import { putAll } from './store/put-all.js';
import { loadOf, putLarge } from './store/put-large.js';
import { deserialize, serialize } from './store/serializer.js';
import { type Pieces, streamOf } from './store/stream.js';
import { unlessAborted } from './unless-aborted.js';

export type { ProxyDescriptor } from './object-proxy.js';
export type { GetOptions, Lifetime } from './protocols.js';
export type { Connector, ConnectorConfig, FetchOptions, PutItem, PutOptions } from './store/connector.js';
export type { Future } from './store/future.js';
export type { OperationMetrics, StoreMetrics } from './store/metrics.js';
export { ObjectProxy } from './store/object-proxy.js';
export type { StoreOptions } from './store/options.js';
export type { Serializer } from './store/serializer.js';

/** Two stores of one name on equal connectors are the same to consumers, in whatever page each was made. */
export class Store implements StoreShape, ProxyMaker {
  readonly name: string;
  readonly config: StoreConfig;
  /** Counts since this store was made. */
  readonly metrics = newMetrics();
  /** For producers: some hundred bytes for what is not below `inlineBelow`. */
  readonly loadOf = (object: unknown): number => loadOf(object, this.#options.inlineBelow);
  readonly #connector: Connector;
  readonly #options: Required<Omit<StoreOptions, 'serializer'>> & Pick<StoreOptions, 'serializer'>;
  readonly #cache: Cache;
  readonly #closed = new AbortController();

  constructor(name: string, connector: Connector, options: StoreOptions = {}) {
    this.name = name;
    this.config = { ...connector.config, name };
    this.#connector = connector;
    this.#options = { ...DEFAULTS, ...options };
    this.#cache = new Cache(this.#options.cacheBytes);
  }

  /**
   * Settles with the object's key when it is stored; do not change it before. Without a lifetime it stays until it is evicted.
   * Rejects with `not_encodable`, `too_large`, `quota_exceeded`, or what the connector fails with.
   */
  async put(object: unknown, lifetime?: Lifetime): Promise<string> {
    return (await this.putBatch([object], [lifetime]))[0] as string;
  }

  /** All of them, or none when it rejects; each with the lifetime in its place. */
  putBatch(objects: readonly unknown[], lifetimes: readonly (Lifetime | undefined)[] = []): Promise<string[]> {
    return this.#run('put', async () => {
      const items = await Promise.all(objects.map((object, i) => this.#item(object, lifetimes[i])));
      await putAll(this.#connector, items);
      for (const { bytes } of items) this.metrics.put.bytes += bytes.length;
      return items.map(({ key }) => key);
    });
  }

  /** For producers: no key for what is below `inlineBelow`. */
  putLarge(bulk: readonly Bulk[]): Promise<(string | undefined)[]> {
    return putLarge(bulk, this.#options.inlineBelow, (objects, lifetimes) => this.putBatch(objects, lifetimes));
  }

  /**
   * The object, a copy of one's own; that of a future once it is set. Rejects with `object_missing`; with `object_corrupt` when it is not what its key
   * says; with `invalid_key`, `unsupported_version` or `too_large` before anything is asked for; or with the signal's reason.
   */
  get(key: string, { signal, onProgress }: GetOptions = {}): Promise<unknown> {
    return this.#run(
      'get',
      async (signal) => {
        const real = await this.#follow(key, signal);
        return deserialize(readKey(real).kind, await this.#bytes(real, { signal, onProgress }), this.#options.serializer);
      },
      signal,
    );
  }

  /**
   * The bytes of a `Uint8Array` as they come. Their number is checked; their hash is not, unless `verify` is `'always'`: then they come at once.
   * With `release`, what `resolve` would give back is given back at the end. Fails as `get` does, or with `unsupported`.
   */
  stream(
    key: string,
    { release = false, signal, onProgress }: GetOptions & { readonly release?: boolean } = {},
  ): ReadableStream<Uint8Array> {
    const open = () => this.#run('get', (signal) => this.#pieces(key, signal), signal);
    return streamOf(open, this.#over(signal), onProgress, async () => (release ? this.release(key) : undefined));
  }

  exists(key: string): Promise<boolean> {
    return this.#run('exists', () => {
      readKey(key);
      return this.#connector.exists(key);
    });
  }

  /** Removes the object, whoever still waits for it. */
  evict(key: string): Promise<void> {
    return this.#remove(key, (key) => this.#connector.evict(key));
  }

  /** One of the object's consumers has read it; the last one's removes it. */
  release(key: string): Promise<void> {
    const connector = this.#connector;
    return this.#remove(key, async (key) => {
      if (readKey(key).consumers > 0) await (connector.release ? connector.release(key) : connector.evict(key));
    });
  }

  /** Puts an object, and makes a proxy for it, to be sent in whatever way. */
  async proxy<T>(object: T, lifetime?: Lifetime): Promise<ObjectProxy<T>> {
    return this.#proxy(await this.put(object, lifetime), lifetime);
  }

  async proxyBatch<T>(objects: readonly T[], lifetimes: readonly (Lifetime | undefined)[] = []): Promise<ObjectProxy<T>[]> {
    const keys = await this.putBatch(objects, lifetimes);
    return keys.map((key, i) => this.#proxy(key, lifetimes[i]));
  }

  /** A proxy that can be sent before its object exists, and the way to set it. Whoever resolves it waits, wherever the connector reaches. */
  future<T>(lifetime?: Lifetime): Future<T> {
    const terms = this.#terms(lifetime);
    const key = writeKey({ kind: 'f', hash: undefined, bytes: 0, consumers: terms.consumers });
    return new Future<T>(this.#proxy(key, lifetime), key, this.#connector, terms, (object) => this.put(object, lifetime));
  }

  /** Bytes of the object that a key speaks of; 0 for a future. */
  sizeOf(key: string): number {
    return readKey(key).bytes;
  }

  proxyOf<T>(descriptor: ProxyDescriptor, check: (object: unknown) => T | Promise<T>): ObjectProxy<T> {
    return new ObjectProxy<T>(descriptor, this, check);
  }

  /** Ends every wait with `closed`, and closes the connector. What is stored stays. Idempotent. */
  async close(): Promise<void> {
    this.#closed.abort(new StreamError('closed', `Store "${this.name}" is closed: open a new one`, { store: this.name }));
    this.#cache.clear();
    await this.#connector.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #item(object: unknown, lifetime: Lifetime | undefined): Promise<PutItem> {
    const { consumers, expiresAt } = this.#terms(lifetime);
    const { kind, bytes } = await serialize(object, this.#options.serializer);
    checkSize(bytes.length, this.#options.maxBytes);
    const hash = await hashOf(bytes);
    if (!hash && this.#options.verify === 'always') throw notVerifiable();
    return { key: writeKey({ kind, hash, bytes: bytes.length, consumers }), bytes, expiresAt };
  }

  /** The key of the object itself: a future's once it is set. */
  async #follow(key: string, signal: AbortSignal): Promise<string> {
    return readKey(key).kind === 'f' ? awaited(this.#connector, key, signal) : key;
  }

  async #bytes(key: string, options: GetOptions): Promise<Uint8Array> {
    const facts = readKey(key);
    checkSize(facts.bytes, this.#options.maxBytes);
    const cached = this.#cache.get(key);
    if (cached) {
      this.metrics.hits++;
      return cached.slice();
    }
    const bytes = await this.#connector.get(key, { ...options, size: facts.bytes });
    if (!bytes) throw missing(this.name, key);
    this.metrics.get.bytes += bytes.length;
    this.#trust(await verify(key, facts, bytes));
    this.#cache.add(key, bytes.slice());
    return bytes;
  }

  async #pieces(key: string, signal: AbortSignal): Promise<Pieces> {
    const real = await this.#follow(key, signal);
    const { kind, bytes: size } = readKey(real);
    if (kind !== 'r') throw new StreamError('unsupported', 'Only objects that are bytes can be streamed: resolve this one');
    checkSize(size, this.#options.maxBytes);
    if (!this.#connector.stream || this.#options.verify === 'always')
      return { key: real, size, source: new Blob([(await this.#bytes(real, { signal })) as BlobPart]).stream() };
    const source = await this.#connector.stream(real, { signal, size });
    if (!source) throw missing(this.name, real);
    this.#trust(false);
    this.metrics.get.bytes += size;
    return { key: real, size, source };
  }

  #trust(verified: boolean): void {
    if (verified) return;
    if (this.#options.verify === 'always') throw notVerifiable();
    this.metrics.unverified++;
  }

  #remove(key: string, remove: (key: string) => Promise<void>): Promise<void> {
    return this.#run('evict', async (signal) => {
      const real = readKey(key).kind === 'f' ? await pointedTo(this.#connector, key, signal) : undefined;
      this.#cache.delete(real ?? key);
      if (real) await remove(real);
      await remove(key);
    });
  }

  #proxy<T>(key: string, lifetime: Lifetime = false): ObjectProxy<T> {
    return new ObjectProxy<T>({ store: this.config, key, evict: Boolean(lifetime), size: this.sizeOf(key) }, this);
  }

  #terms(lifetime: Lifetime = false) {
    const terms = termsOf(lifetime, this.#options.ttlMs);
    if (terms.consumers < 2 || this.#connector.release) return terms;
    throw new StreamError('unsupported', `Connector "${this.#connector.config.kind}" keeps no count of consumers: use evict: { ttlMs }`);
  }

  /** Counted, and over as soon as it is given up or the store is closed. */
  async #run<R>(operation: Operation, work: (signal: AbortSignal) => R | Promise<R>, signal?: AbortSignal): Promise<R> {
    const over = this.#over(signal);
    over.throwIfAborted();
    return unlessAborted(
      measured(this.metrics[operation], () => work(over)),
      over,
    );
  }

  #over(signal: AbortSignal | undefined): AbortSignal {
    return AbortSignal.any(signal ? [signal, this.#closed.signal] : [this.#closed.signal]);
  }
}
