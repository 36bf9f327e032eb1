import { reportUnheard, StreamError } from './errors.js';
import type { StoreConfig } from './events.js';
import type { GetOptions, Lifetime, Store } from './protocols.js';
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
  readonly listeners: Set<NonNullable<GetOptions['onProgress']>>;
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
  readonly #store: Store | undefined;
  readonly #check: (object: unknown) => T | Promise<T>;
  #fetching: Fetching<T> | undefined;
  #resolved: boolean;

  constructor(descriptor: ProxyDescriptor, store?: Store, check: (object: unknown) => T | Promise<T> = (object) => object as T) {
    this.descriptor = descriptor;
    this.#store = store;
    this.#check = check;
    this.#resolved = 'object' in descriptor;
  }

  /** The object is here: `resolve` fetches nothing. */
  get resolved(): boolean {
    return this.#resolved;
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
    this.#fetching ??= this.#start();
    const fetching = this.#fetching;
    fetching.waiting++;
    if (onProgress) fetching.listeners.add(onProgress);
    if (!signal) return fetching.object;
    return unlessAborted(fetching.object, signal, () => {
      if (onProgress) fetching.listeners.delete(onProgress);
      if (--fetching.waiting > 0) return;
      fetching.control.abort(signal.reason);
      if (this.#fetching === fetching) this.#fetching = undefined;
    });
  }

  /** The bytes of an object that is a `Uint8Array`, as they come, each time from where it lies. What `resolve` would evict goes at the end. Fails as `resolve` does, or with `unsupported`. */
  stream(options: GetOptions = {}): ReadableStream<Uint8Array> {
    const { descriptor } = this;
    const store = this.#store;
    if ('key' in descriptor && store?.stream) return store.stream(descriptor.key, { ...options, release: descriptor.evict });
    return new ReadableStream({
      pull: async (controller) => {
        const object: unknown = await this.resolve(options);
        if (!(object instanceof Uint8Array)) throw new StreamError('unsupported', 'Only objects that are bytes can be streamed');
        controller.enqueue(object);
        controller.close();
      },
    });
  }

  #start(): Fetching<T> {
    const control = new AbortController();
    const listeners: Fetching<T>['listeners'] = new Set();
    const onProgress = (loaded: number, total: number) => {
      for (const listener of listeners) listener(loaded, total);
    };
    const object = this.#fetch({ signal: control.signal, onProgress });
    const fetching = { object, control, listeners, waiting: 0 };
    object.then(
      () => {
        this.#resolved = true;
      },
      () => {
        if (this.#fetching === fetching) this.#fetching = undefined; // the next call may have more luck
      },
    );
    return fetching;
  }

  async #fetch(options: GetOptions): Promise<T> {
    const { descriptor } = this;
    if ('object' in descriptor) return this.#check(descriptor.object);
    const store = this.#store;
    if (!store) throw unknownStore(descriptor.store);
    const object = await this.#check(await store.get(descriptor.key, options));
    options.signal?.throwIfAborted();
    // The object is here: that it could not be removed is not this caller's failure.
    if (descriptor.evict) await release(store, descriptor.key).catch(reportUnheard);
    return object;
  }
}

/** Whoever reads an object of this lifetime gives something back. */
export function releases(lifetime: Lifetime): boolean {
  return typeof lifetime === 'object' ? lifetime.consumers !== undefined : lifetime;
}

/** What one consumer gives back, where the store counts them. */
export function release(store: Store, key: string): Promise<void> {
  return store.release ? store.release(key) : store.evict(key);
}

/** Two stores may share a name: they are one only if their whole configs agree. */
export function findStore(stores: readonly Store[], config: StoreConfig): Store | undefined {
  return stores.find(({ config: own }) => sameData(own, config));
}

export function unknownStore({ name }: StoreConfig): StreamError {
  return new StreamError('unknown_store', `An object waits in store "${name}", which this consumer was not given: pass it in stores`, {
    store: name,
  });
}
