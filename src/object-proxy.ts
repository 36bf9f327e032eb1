import type { StoreConfig } from './events.js';
import type { GetOptions } from './protocols.js';
import { unlessAborted } from './unless-aborted.js';

/** Plain data that says where an object is; hand it to a worker or another tab. */
export type ProxyDescriptor =
  | { readonly store: StoreConfig; readonly key: string; readonly evict: boolean; readonly size: number }
  | { readonly object: unknown };

/**
 * Stands for an object that may still be elsewhere. Not thenable: awaiting it downloads nothing.
 *
 * ```ts
 * const tile = await proxy.resolve();
 * ```
 */
export class ObjectProxy<T> {
  readonly descriptor: ProxyDescriptor;
  readonly #fetch: (onProgress: GetOptions['onProgress']) => Promise<T>;
  #object: Promise<T> | undefined;

  constructor(descriptor: ProxyDescriptor, fetch: (onProgress: GetOptions['onProgress']) => Promise<T>) {
    this.descriptor = descriptor;
    this.#fetch = fetch;
  }

  /**
   * The object, fetched once however many call; evicted afterwards when its event said so. Rejects with `object_missing`, with what the store says,
   * or with the signal's reason: that gives up this call, not the fetch.
   */
  async resolve({ signal, onProgress }: GetOptions = {}): Promise<T> {
    signal?.throwIfAborted();
    this.#object ??= this.#fetch(onProgress).catch((error) => {
      this.#object = undefined; // the next call may have more luck
      throw error;
    });
    return unlessAborted(this.#object, signal);
  }
}
