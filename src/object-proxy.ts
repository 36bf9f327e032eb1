import { reportUnheard, StreamError } from './errors.js';
import type { StoreConfig } from './events.js';
import type { GetOptions, Store } from './protocols.js';
import { unlessAborted } from './unless-aborted.js';

/** Plain data that says where an object is; hand it to a worker or another tab. */
export type ProxyDescriptor =
  | { readonly store: StoreConfig; readonly key: string; readonly evict: boolean; readonly size: number }
  | { readonly object: unknown };

export type Check<T> = (object: unknown) => T | Promise<T>;
export type Fetch<T> = (options: GetOptions) => Promise<T>;

/**
 * Stands for an object that may still be elsewhere. Not thenable: awaiting it downloads nothing.
 *
 * ```ts
 * const tile = await proxy.resolve();
 * ```
 */
export class ObjectProxy<T> {
  declare readonly descriptor: ProxyDescriptor;
  /** The object is here: `resolve` fetches nothing. Known to proxies that a `Store` of `proxystream/store` has made, as is `stream`. */
  declare readonly resolved?: boolean;
  readonly #fetch: Fetch<T>;
  #object: Promise<T> | undefined;

  constructor(descriptor: ProxyDescriptor, fetch: Fetch<T>) {
    this.descriptor = descriptor;
    this.#fetch = fetch;
  }

  /**
   * The object, fetched once however many call; evicted afterwards when its event said so. Rejects with `object_missing`, with what the store says,
   * or with the signal's reason: that gives up this call, not the fetch.
   */
  async resolve({ signal, onProgress }: GetOptions = {}): Promise<T> {
    signal?.throwIfAborted();
    this.#object ??= this.#fetch({ onProgress }).catch((error) => {
      this.#object = undefined; // the next call may have more luck
      throw error;
    });
    return unlessAborted(this.#object, signal);
  }

  /** The object's bytes as they come. */
  stream?(options?: GetOptions): ReadableStream<Uint8Array>;
}

/** A store that makes the proxies of consumers that were given it; `check` is asked of each object. */
export interface ProxyMaker {
  proxyOf<T>(descriptor: ProxyDescriptor, check: Check<T>): ObjectProxy<T>;
}

/** Gets what a descriptor speaks of, and gives it back to the store if its event said so. */
export function fetchFrom<T>(descriptor: ProxyDescriptor, store: Store | undefined, check: Check<T>): Fetch<T> {
  return async (options) => {
    if ('object' in descriptor) return descriptor.object as T;
    if (!store) throw unknownStore(descriptor.store);
    const object = await check(await store.get(descriptor.key, options));
    options.signal?.throwIfAborted();
    // The object is here: that it could not be removed is not this caller's failure.
    if (descriptor.evict) await release(store, descriptor.key).catch(reportUnheard);
    return object;
  };
}

/** One of its consumers needs the object no more. */
export function release(store: Store, key: string): Promise<void> {
  return store.release ? store.release(key) : store.evict(key);
}

/** Two stores may share a name: they are one only if their whole configs agree, in whatever order. */
export function identityOf(config: StoreConfig): string {
  return JSON.stringify(Object.entries(config).sort());
}

export function unknownStore({ name }: StoreConfig): StreamError {
  return new StreamError('unknown_store', `Store "${name}" is needed: pass it in stores`, { store: name });
}
