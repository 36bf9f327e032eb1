/** From an event to the item a consumer hands out. */
import { after } from './after.js';
import { StreamError, toStreamError } from './errors.js';
import type { EventBatch, KeyEvent, ObjectEvent, StoreConfig } from './events.js';
import { fetchFrom, identityOf, ObjectProxy, type ProxyDescriptor, type ProxyMaker, release, unknownStore } from './object-proxy.js';
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

export interface ObjectReader<T> {
  /** Throws or rejects with `StreamError`: `invalid_message`, `schema_mismatch`, `unknown_store`. */
  read(event: ObjectEvent, batch: EventBatch): T | ObjectProxy<T> | Promise<T | ObjectProxy<T>>;
  /** Removes the object of an event that nobody will read, if its producer wanted that. */
  evict(event: KeyEvent, batch: EventBatch): Promise<void>;
  /** Closes the stores that were opened here, not those that were given. */
  close(): Promise<void>;
}

export function openObjectReader<T>({ stores, schema }: ReaderOptions<T>): ObjectReader<T> {
  const opened = new Map<string, Store>();
  return {
    read(event, batch) {
      if (event.type === 'key') {
        const { store: index, key, evict, size } = event;
        const store = batch.stores[index] as StoreConfig;
        const found = storeOf(store);
        // Without stores nobody expects a proxy; with others, the descriptor may still be of use elsewhere.
        if (!found && !stores) throw unknownStore(store);
        return proxyOf({ store, key, evict, size }, found);
      }
      const object = check(event.object);
      return stores ? after(object, (checked) => proxyOf({ object: checked }, (stores as readonly Store[])[0])) : object;
    },
    async evict({ store, key, evict }, batch) {
      const found = evict && storeOf(batch.stores[store] as StoreConfig);
      if (found) await release(found, key);
    },
    async close() {
      const closing = [...opened.values()];
      opened.clear();
      await Promise.all(closing.map((store) => store.close()));
    },
  };

  function storeOf(config: StoreConfig): Store | undefined {
    try {
      const name = identityOf(config);
      if (typeof stores !== 'function') return stores?.find((store) => identityOf(store.config) === name);
      const store = opened.get(name) ?? stores(config);
      if (store) opened.set(name, store);
      return store;
    } catch (error) {
      throw toStreamError(error, 'unknown_store', `Store "${config.name}" cannot be opened`);
    }
  }

  function proxyOf(descriptor: ProxyDescriptor, store: Store | undefined): ObjectProxy<T> {
    const maker = store as Partial<ProxyMaker> | undefined;
    return maker?.proxyOf?.(descriptor, check) ?? new ObjectProxy<T>(descriptor, fetchFrom(descriptor, store, check));
  }

  function check(object: unknown): T | Promise<T> {
    return schema ? after(schema['~standard'].validate(object), valid) : (object as T);
  }
}

function valid<T>(result: SchemaResult<T>): T {
  if (!result.issues) return result.value;
  const issues = result.issues.map(({ message }) => message);
  throw new StreamError('schema_mismatch', `The schema refuses it: ${issues.join('; ')}`, { issues });
}
