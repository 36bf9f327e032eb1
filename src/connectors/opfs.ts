/**
 * In the origin's private file system: for every page and worker of this origin, and quick with objects of many megabytes.
 *
 * ```ts
 * const scans = new Store('scans', new OpfsConnector({ fallback: new IndexedDBConnector() }));
 * ```
 */
import { StreamError, toStreamError } from '../errors.js';
import type { Connector, ConnectorConfig, FetchOptions, PutOptions } from '../store/connector.js';
import { readKey } from '../store/key.js';
import { Sweeper } from '../store/sweeper.js';
import { type Folder, openFolder } from './opfs/folder.js';

export interface OpfsConnectorOptions {
  /** Connectors of one name share their objects. Default `'objects'`. */
  readonly name?: string;
  /** What to use where this context has no such file system (private windows, old browsers, `data:` workers). Default: `unsupported`. */
  readonly fallback?: Connector;
}

/** What tells how many consumers are still to come: one empty file beside it for each but the last. */
const marker = (key: string, i: number) => `${key}~${i}`;

export class OpfsConnector implements Connector {
  readonly reach = 'origin';
  readonly config: ConnectorConfig;
  readonly #name: string;
  readonly #fallback: Connector | undefined;
  readonly #sweeper = new Sweeper(() => this.sweep());
  #opening: Promise<Folder | undefined> | undefined;
  #closed = false;

  constructor({ name = 'objects', fallback }: OpfsConnectorOptions = {}) {
    this.config = { kind: 'opfs', origin: globalThis.origin, folder: name, ...(fallback && { fallback: fallback.config }) };
    this.#name = name;
    this.#fallback = fallback;
  }

  async put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<void> {
    const { consumers } = readKey(key);
    const folder = await this.#folder();
    if (!folder) return this.#fallback?.put(key, bytes, options);
    try {
      // Whoever finds the object must find its markers.
      for (let i = 1; i < consumers; i++) await folder.write(marker(key, i), new Uint8Array(), options.expiresAt);
      await folder.write(key, bytes, options.expiresAt);
    } catch (error) {
      await this.#removeAll(folder, key).catch(() => {}); // the first failure says more
      // Nobody here aborts a write: Chromium breaks off one that finds no room, and does not always say why.
      if (/^(QuotaExceeded|Abort)Error$/.test((error as Error).name))
        throw toStreamError(error, 'quota_exceeded', 'The browser has no room for the object');
      throw toStreamError(error, 'connection_lost', 'The file system has failed');
    }
  }

  async get(key: string, options: FetchOptions = {}): Promise<Uint8Array | undefined> {
    const { signal, onProgress } = options;
    const body = await this.#read(key, signal);
    const buffer = await body?.arrayBuffer().catch(goneMeanwhile);
    signal?.throwIfAborted();
    // What another context could not put here lies in the fallback.
    if (!buffer) return this.#fallback?.get(key, options);
    const bytes = new Uint8Array(buffer);
    onProgress?.(bytes.length, bytes.length);
    return bytes;
  }

  async stream(key: string, options: FetchOptions = {}): Promise<ReadableStream<Uint8Array> | undefined> {
    const body = await this.#read(key, options.signal);
    if (body) return body.stream();
    if (this.#fallback?.stream) return this.#fallback.stream(key, options);
    const bytes = await this.#fallback?.get(key, options);
    return bytes && new Blob([bytes as BlobPart]).stream();
  }

  async exists(key: string): Promise<boolean> {
    return (await this.#read(key)) !== undefined || ((await this.#fallback?.exists(key)) ?? false);
  }

  async evict(key: string): Promise<void> {
    readKey(key);
    const folder = await this.#folder();
    if (folder) await this.#alone(() => this.#removeAll(folder, key));
    await this.#fallback?.evict(key);
  }

  /** Takes the first marker that is there; whoever finds none was the last. */
  async release(key: string): Promise<void> {
    const { consumers } = readKey(key);
    const folder = await this.#folder();
    const found = folder && (await this.#alone(() => takeOne(folder, key, consumers)));
    if (!found) await (this.#fallback?.release ? this.#fallback.release(key) : this.#fallback?.evict(key));
  }

  async sweep(): Promise<number> {
    const folder = await this.#folder();
    const removed = folder ? await this.#alone(() => folder.removeExpired(Date.now())) : 0;
    return removed + ((await this.#fallback?.sweep?.()) ?? 0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#sweeper.stop();
    await this.#fallback?.close();
  }

  async #read(key: string, signal?: AbortSignal): Promise<Blob | undefined> {
    readKey(key);
    signal?.throwIfAborted();
    const body = await (await this.#folder())?.read(key);
    signal?.throwIfAborted();
    return body;
  }

  /** Files that two remove at once are an error to one of them. */
  #alone<R>(work: () => Promise<R>): Promise<R> {
    return navigator.locks.request(`proxystream:opfs:${this.#name}`, work);
  }

  async #removeAll(folder: Folder, key: string): Promise<void> {
    await folder.remove(key);
    for (let i = 1; i < readKey(key).consumers; i++) await folder.remove(marker(key, i));
  }

  /** Undefined where only the fallback will do. Whether there is one is found by writing a file. */
  async #folder(): Promise<Folder | undefined> {
    if (this.#closed) throw new StreamError('closed', 'This connector is closed: open a new one');
    this.#opening ??= openFolder(this.#name).catch((error) => {
      if (this.#fallback) return undefined;
      this.#opening = undefined; // another time it may be there
      throw new StreamError('unsupported', 'This context has no private file system: pass a fallback', { cause: error });
    });
    const folder = await this.#opening;
    this.#sweeper.start();
    return folder;
  }
}

/** False when the object is not there. */
async function takeOne(folder: Folder, key: string, consumers: number): Promise<boolean> {
  if (!(await folder.read(key))) return false;
  for (let i = 1; i < consumers; i++) if (await folder.remove(marker(key, i))) return true;
  return folder.remove(key);
}

/** A file can be removed while it is read. */
function goneMeanwhile(error: Error): undefined {
  if (!/^Not(Found|Readable)Error$/.test(error.name)) throw toStreamError(error, 'connection_lost', 'The file system has failed');
}
