/** From an event to the item a consumer hands out. */
import { StreamError, toStreamError } from './errors.js';
import type { EventBatch, KeyEvent, ObjectEvent, StoreConfig } from './events.js';
import { findStore, ObjectProxy, release, unknownStore } from './object-proxy.js';
import type { Store } from './protocols.js';

/** Anything that follows Standard Schema 1.0 (Zod, Valibot, ArkType, …). */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>;
  };
}
type SchemaResult<T> = { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly { readonly message: string }[] };

export interface ReaderOptions<T> {
  /** The stores that objects may be fetched from, or a function that opens the store an event names, if it trusts it. */
  readonly stores?: readonly Store[] | ((config: StoreConfig) => Store | undefined);
  /** Every object is checked, and may be transformed; what fails goes to `onInvalid`. */
  readonly schema?: StandardSchema<T>;
}

export class ObjectReader<T> {
  readonly #given: readonly Store[] | undefined;
  readonly #openStore: ((config: StoreConfig) => Store | undefined) | undefined;
  readonly #schema: StandardSchema<T> | undefined;
  readonly #opened = new Map<string, Store>();

  constructor({ stores, schema }: ReaderOptions<T>) {
    if (typeof stores === 'function') this.#openStore = stores;
    else this.#given = stores;
    this.#schema = schema;
  }

  /** Throws or rejects with `StreamError`: `invalid_message`, `schema_mismatch`, `unknown_store`. */
  read(event: ObjectEvent, { stores }: EventBatch): T | ObjectProxy<T> | Promise<T | ObjectProxy<T>> {
    const check = (object: unknown) => this.#check(object);
    if (event.type === 'key') {
      const config = stores[event.store] as StoreConfig;
      const store = this.#store(config);
      // Without stores nobody expects a proxy; with others, the descriptor may still be of use elsewhere.
      if (!store && !this.#usesStores) throw unknownStore(config);
      return new ObjectProxy<T>({ store: config, key: event.key, evict: event.evict, size: event.size }, store, check);
    }
    const object = check(event.object);
    if (!this.#usesStores) return object;
    return object instanceof Promise ? object.then((checked) => new ObjectProxy<T>({ object: checked })) : new ObjectProxy<T>({ object });
  }

  /** Removes the object of an event that nobody will read, if its producer wanted that. */
  async evict({ store: index, key, evict }: KeyEvent, { stores }: EventBatch): Promise<void> {
    const store = evict && this.#store(stores[index] as StoreConfig);
    if (store) await release(store, key);
  }

  /** Closes the stores that were opened here, not those that were given. */
  async closeStores(): Promise<void> {
    const stores = [...this.#opened.values()];
    this.#opened.clear();
    await Promise.all(stores.map((store) => store.close()));
  }

  get #usesStores(): boolean {
    return this.#given !== undefined || this.#openStore !== undefined;
  }

  #store(config: StoreConfig): Store | undefined {
    if (this.#given) return findStore(this.#given, config);
    const name = JSON.stringify(config);
    const store = this.#opened.get(name) ?? this.#open(config);
    if (store) this.#opened.set(name, store);
    return store;
  }

  #open(config: StoreConfig): Store | undefined {
    try {
      return this.#openStore?.(config);
    } catch (error) {
      throw toStreamError(error, 'unknown_store', `Store "${config.name}" cannot be opened`);
    }
  }

  #check(object: unknown): T | Promise<T> {
    if (!this.#schema) return object as T;
    const result = this.#schema['~standard'].validate(object);
    return result instanceof Promise ? result.then(valid) : valid(result);
  }
}

function valid<T>(result: SchemaResult<T>): T {
  if (!result.issues) return result.value;
  const issues = result.issues.map(({ message }) => message);
  throw new StreamError('schema_mismatch', `The object does not fit the schema: ${issues.join('; ')}`, { issues });
}
