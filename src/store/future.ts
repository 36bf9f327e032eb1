/**
 * An object that may not exist yet: its key is there first. Setting it stores the object like all others, and then, under that first key,
 * the key of the object.
 */
import { reportUnheard, StreamError } from '../errors.js';
import type { Connector, PutOptions } from './connector.js';
import { readKey } from './key.js';
import type { ObjectProxy } from './object-proxy.js';

/** Rung when a future is set; a ring that is missed costs a little time, because whoever waits also looks. */
const BELL = 'proxystream:futures';
const FIRST_LOOK_MS = 25;
const LAST_LOOK_MS = 2000;
/** Of what lies under a future's key: the object's key, and spaces. */
const POINTER_BYTES = 64;

export class Future<T> {
  /** Resolves once the object is set; can be sent before. */
  readonly proxy: ObjectProxy<T>;
  readonly #key: string;
  readonly #connector: Connector;
  readonly #terms: PutOptions;
  readonly #put: (object: T) => Promise<string>;
  #setting = false;

  constructor(proxy: ObjectProxy<T>, key: string, connector: Connector, terms: PutOptions, put: (object: T) => Promise<string>) {
    this.proxy = proxy;
    this.#key = key;
    this.#connector = connector;
    this.#terms = terms;
    this.#put = put;
  }

  /** Settles when everyone who waits can have it. Once only: a second call is a `TypeError`; after a failure it may be called again. */
  async set(object: T): Promise<void> {
    if (this.#setting) throw new TypeError('This future has been set');
    this.#setting = true;
    try {
      const real = await this.#put(object);
      await this.#connector.put(this.#key, new TextEncoder().encode(real.padEnd(POINTER_BYTES)), this.#terms).catch(async (error) => {
        await this.#connector.evict(real).catch(reportUnheard);
        throw error;
      });
    } catch (error) {
      this.#setting = false;
      throw error;
    }
    const bell = new BroadcastChannel(BELL);
    bell.postMessage(this.#key);
    bell.close();
  }
}

/** Where a future leads, if it is set. Throws `invalid_key` when that is no object. */
export async function pointedTo(connector: Connector, key: string, signal?: AbortSignal): Promise<string | undefined> {
  const bytes = await connector.get(key, { signal, size: POINTER_BYTES });
  if (!bytes) return undefined;
  const real = new TextDecoder().decode(bytes).trimEnd();
  if (readKey(real).kind === 'f') throw new StreamError('invalid_key', 'A future leads to another future', { key });
  return real;
}

/** The same, once it is set. Rejects with the signal's reason. */
export async function awaited(connector: Connector, key: string, signal: AbortSignal): Promise<string> {
  const bell = new BroadcastChannel(BELL);
  let wake = () => {};
  bell.onmessage = ({ data }) => data === key && wake();
  signal.addEventListener('abort', () => wake(), { once: true });
  try {
    for (let delay = FIRST_LOOK_MS; ; delay = Math.min(2 * delay, LAST_LOOK_MS)) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, delay);
      });
      const real = await pointedTo(connector, key, signal);
      if (real) return real;
      signal.throwIfAborted();
      await woken;
      clearTimeout(timer);
    }
  } finally {
    bell.close();
  }
}
