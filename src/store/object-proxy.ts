import { StreamError } from '../errors.js';
import {
  ObjectProxy as BareProxy,
  type Check,
  type Fetch,
  fetchFrom,
  identityOf,
  type ProxyDescriptor,
  unknownStore,
} from '../object-proxy.js';
import type { GetOptions, Store } from '../protocols.js';
import { unlessAborted } from '../unless-aborted.js';

interface StreamingStore extends Store {
  stream?(key: string, options: GetOptions & { readonly release: boolean }): ReadableStream<Uint8Array>;
}

/** One download, and who waits for it. */
interface Fetching<T> {
  readonly object: Promise<T>;
  readonly control: AbortController;
  readonly listeners: Set<GetOptions['onProgress']>;
  waiting: number;
}

/**
 * What stands for an object of a `Store`, also among the items of a consumer that was given one. Not thenable: awaiting it downloads nothing.
 *
 * ```ts
 * const tile = await ObjectProxy.from<Tile>(descriptor, [tiles]).resolve({ signal, onProgress });
 * ```
 */
export class ObjectProxy<T> extends BareProxy<T> {
  /** The object is here: `resolve` fetches nothing. */
  override readonly resolved: boolean;
  readonly #store: StreamingStore | undefined;
  readonly #fetch: Fetch<T>;
  #fetching: Fetching<T> | undefined;

  constructor(descriptor: ProxyDescriptor, store?: StreamingStore, check: Check<T> = (object) => object as T) {
    const fetch = fetchFrom(descriptor, store, check);
    super(descriptor, fetch);
    this.#fetch = fetch;
    this.#store = store;
    this.resolved = 'object' in descriptor;
  }

  /** Rebuilds a proxy from its descriptor. Throws `StreamError('unknown_store')` when its store is not among these. */
  static from<T>(descriptor: ProxyDescriptor, stores: readonly Store[]): ObjectProxy<T> {
    if ('object' in descriptor) return new ObjectProxy<T>(descriptor);
    const wanted = identityOf(descriptor.store);
    const store = stores.find(({ config }) => identityOf(config) === wanted);
    if (!store) throw unknownStore(descriptor.store);
    return new ObjectProxy<T>(descriptor, store);
  }

  /**
   * The object, fetched once however many call; released afterwards when its lifetime counts who reads it. Rejects with `object_missing`, with what the
   * store says, or with the signal's reason: that gives up this call, and the download once every call for it is given up. Then nothing is released.
   */
  override async resolve({ signal, onProgress }: GetOptions = {}): Promise<T> {
    signal?.throwIfAborted();
    this.#fetching ??= this.#start();
    const fetching = this.#fetching;
    fetching.waiting++;
    fetching.listeners.add(onProgress);
    return unlessAborted(fetching.object, signal, () => {
      fetching.listeners.delete(onProgress);
      if (--fetching.waiting > 0) return;
      fetching.control.abort(signal?.reason);
      this.#forget(fetching);
    });
  }

  /** The bytes of an object that is a `Uint8Array`, as they come, each time from where it lies. What `resolve` would release is released at the end. Fails as `resolve` does, or with `unsupported`. */
  override stream(options: GetOptions = {}): ReadableStream<Uint8Array> {
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
      for (const listener of listeners) listener?.(loaded, total);
    };
    const fetching = { object: this.#fetch({ signal: control.signal, onProgress }), control, listeners, waiting: 0 };
    fetching.object.then(
      () => {
        (this as { resolved: boolean }).resolved = true;
      },
      () => this.#forget(fetching), // the next call may have more luck
    );
    return fetching;
  }

  #forget(fetching: Fetching<T>): void {
    if (this.#fetching === fetching) this.#fetching = undefined;
  }
}
