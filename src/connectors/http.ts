/**
 * Any endpoint that knows `PUT`, `GET`, `HEAD` and `DELETE`: nginx with WebDAV, an S3-compatible bucket, a few lines of one's own.
 *
 * ```ts
 * const tiles = new Store('tiles', new HttpConnector({ url: '/objects/', headers: async () => ({ authorization: await token() }) }));
 * ```
 */
import { StreamError } from '../errors.js';
import type { Connector, FetchOptions, PutOptions } from '../store/connector.js';
import { readKey } from '../store/key.js';
import { download } from './http/download.js';
import { Endpoint, type HttpConnectorOptions } from './http/endpoint.js';
import { Expiry } from './http/expiry.js';

export type { HttpConnectorOptions, HttpRequest } from './http/endpoint.js';

/** What tells how many consumers are still to come: one empty object beside it for each but the last. */
const marker = (key: string, i: number) => `${key}~${i}`;

export class HttpConnector implements Connector {
  readonly reach = 'anywhere';
  readonly config: { readonly kind: 'http'; readonly url: string };
  readonly #endpoint: Endpoint;
  readonly #expiry = new Expiry((key) => this.evict(key));

  /** Throws `TypeError` when the URL is no place for objects, or holds a secret. */
  constructor(options: HttpConnectorOptions) {
    this.#endpoint = new Endpoint(options);
    this.config = { kind: 'http', url: this.#endpoint.url };
  }

  /**
   * The endpoint forgets objects by rules of its own, if at all; this removes what expires while the page lives. Rejects with `connection_lost`,
   * `timeout`, `not_authorized`, `quota_exceeded`, or `refused` with the answer's `status`.
   */
  async put(key: string, bytes: Uint8Array, { expiresAt }: PutOptions = {}): Promise<void> {
    const { consumers } = readKey(key);
    // Whoever finds the object must find its markers.
    await Promise.all(Array.from({ length: consumers - 1 }, (_, i) => this.#endpoint.put(marker(key, i + 1), new Uint8Array())));
    await this.#endpoint.put(key, bytes);
    if (expiresAt !== undefined) this.#expiry.add(key, expiresAt);
  }

  /** A download that is cut off goes on where it was. */
  async get(key: string, { signal, onProgress, size }: FetchOptions = {}): Promise<Uint8Array | undefined> {
    readKey(key);
    const pieces: Uint8Array[] = [];
    let loaded = 0;
    const download = this.#download(key, size, signal);
    for (;;) {
      const { done, value } = await download.next();
      if (done) return value ? join(pieces, loaded) : undefined;
      pieces.push(value);
      loaded += value.length;
      onProgress?.(loaded, size ?? loaded);
    }
  }

  async stream(key: string, { signal, size }: FetchOptions = {}): Promise<ReadableStream<Uint8Array> | undefined> {
    readKey(key);
    const download = this.#download(key, size, signal);
    const first = await download.next();
    if (first.done && !first.value) return undefined;
    let next: typeof first | undefined = first;
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = next ?? (await download.next());
          next = undefined;
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: async () => void (await download.return(true)),
      },
      { highWaterMark: 0 },
    );
  }

  async exists(key: string): Promise<boolean> {
    readKey(key);
    return this.#endpoint.has(key);
  }

  async evict(key: string): Promise<void> {
    const { consumers } = readKey(key);
    this.#expiry.delete(key);
    await this.#endpoint.delete(key);
    await Promise.all(Array.from({ length: consumers - 1 }, (_, i) => this.#endpoint.delete(marker(key, i + 1))));
  }

  /**
   * Takes the first marker that is there; whoever finds none was the last. Where `DELETE` does not tell whether it found anything (S3), an object that
   * several release at once may stay; where a browser repeats a `DELETE` by itself because its connection broke, one release may count as two.
   */
  async release(key: string): Promise<void> {
    const { consumers } = readKey(key);
    for (let i = 1; i < consumers; i++) {
      if ((await this.#endpoint.has(marker(key, i))) && (await this.#endpoint.delete(marker(key, i)))) return;
    }
    this.#expiry.delete(key);
    await this.#endpoint.delete(key);
  }

  /** Of what this connector has put. */
  sweep(): Promise<number> {
    return this.#expiry.sweep();
  }

  /** What was to be removed later stays to the endpoint's own rules. */
  async close(): Promise<void> {
    this.#expiry.stop();
    this.#endpoint.close(new StreamError('closed', 'This connector is closed: open a new one'));
  }

  #download(key: string, size: number | undefined, signal: AbortSignal | undefined) {
    return download(this.#endpoint, key, size, signal);
  }
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = pieces;
  if (pieces.length === 1 && first) return first;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
