import { reportUnheard, StreamError } from './errors.js';
import type { StoreConfig } from './events.js';
import type { GetOptions, Store } from './protocols.js';
import { sameData } from './same-data.js';
import { unlessAborted } from './unless-aborted.js';

/** Plain data that says where an object is; hand it to a worker or another tab. */
export type ProxyDescriptor =
  | { readonly store: StoreConfig; readonly key: string; readonly evict: boolean; readonly size: number }
  | { readonly object: unknown };

/** One download, and how many wait for it. */
interface Fetching<T> {
  readonly object: Promise<T>;
  readonly control: AbortController;
  waiting: number;
}

/**
 * Stands for an object that may still be elsewhere. Not thenable: awaiting it downloads nothing.
 *
 * ```ts
 * const tile = await proxy.resolve();
 * ```
 */
export class ObjectProxy<T> {
  readonly descriptor: ProxyDescriptor;
  /** The object is here: `resolve` fetches nothing. Known to proxies that a `Store` of `proxystream/store` has made, as is `stream`. */
  declare readonly resolved?: boolean;
  readonly #store: Store | undefined;
  readonly #check: (object: unknown) => T | Promise<T>;
  #fetching: Fetching<T> | undefined;

  constructor(descriptor: ProxyDescriptor, store?: Store, check: (object: unknown) => T | Promise<T> = (object) => object as T) {
    this.descriptor = descriptor;
    this.#store = store;
    this.#check = check;
  }

  /** Rebuilds a proxy from its descriptor. Throws `StreamError('unknown_store')` when its store is not among these. */
  static from<T>(descriptor: ProxyDescriptor, stores: readonly Store[]): ObjectProxy<T> {
    if ('object' in descriptor) return new ObjectProxy<T>(descriptor);
    const store = findStore(stores, descriptor.store);
    if (!store) throw unknownStore(descriptor.store);
    return new ObjectProxy<T>(descriptor, store);
  }

  /**
   * The object, fetched once however many call; evicted afterwards when its event said so. Rejects with `object_missing`, with what the store says,
   * or with the signal's reason: that gives up this call, and the download once every call for it is given up. Then nothing is evicted.
   */
  async resolve({ signal, onProgress }: GetOptions = {}): Promise<T> {
    signal?.throwIfAborted();
    this.#fetching ??= this.#start(onProgress);
    const fetching = this.#fetching;
    fetching.waiting++;
    return unlessAborted(fetching.object, signal, () => {
      if (--fetching.waiting > 0) return;
      fetching.control.abort(signal?.reason);
      this.#forget(fetching);
    });
  }

  /** The object's bytes as they come. */
  stream?(options?: GetOptions): ReadableStream<Uint8Array>;

  #start(onProgress: GetOptions['onProgress']): Fetching<T> {
    const control = new AbortController();
    const fetching = { object: this.#fetch({ signal: control.signal, onProgress }), control, waiting: 0 };
    fetching.object.catch(() => this.#forget(fetching)); // the next call may have more luck
    return fetching;
  }

  #forget(fetching: Fetching<T>): void {
    if (this.#fetching === fetching) this.#fetching = undefined;
  }

  async #fetch(options: GetOptions): Promise<T> {
    const { descriptor } = this;
    if ('object' in descriptor) return descriptor.object as T;
    const store = this.#store;
    if (!store) throw unknownStore(descriptor.store);
    const object = await this.#check(await store.get(descriptor.key, options));
    options.signal?.throwIfAborted();
    // The object is here: that it could not be removed is not this caller's failure.
    if (descriptor.evict) await store.evict(descriptor.key).catch(reportUnheard);
    return object;
  }
}

/** A store that makes the proxies of consumers that were given it; `check` is asked of each object. */
export interface ProxyMaker {
  proxyOf<T>(descriptor: ProxyDescriptor, check: (object: unknown) => T | Promise<T>): ObjectProxy<T>;
}

/** Two stores may share a name: they are one only if their whole configs agree. */
export function findStore(stores: readonly Store[], config: StoreConfig): Store | undefined {
  return stores.find(({ config: own }) => sameData(own, config));
}

export function unknownStore({ name }: StoreConfig): StreamError {
  return new StreamError('unknown_store', `An object waits in store "${name}": pass it in stores`, {
    store: name,
  });
}
