/** The four requests that an object endpoint answers, each tried again where that is no harm: all four do the same however often they are done. */
import type { StreamError } from '../../errors.js';
import { accept, isMissing, unreachable } from './answers.js';
import { attempting } from './attempts.js';
import { Deadline } from './deadline.js';

export interface HttpRequest {
  readonly method: 'PUT' | 'GET' | 'HEAD' | 'DELETE';
  /** Where the object is, for whoever may. */
  readonly url: string;
}

export interface HttpConnectorOptions {
  /** The folder of the objects, with a `/` at its end; relative to the page. It travels in events: no secrets. */
  readonly url: string | URL;
  /** Asked before each attempt: tokens that expire belong here. */
  readonly headers?: (request: HttpRequest) => HeadersInit | Promise<HeadersInit>;
  /** The URL to use instead, asked before each attempt: for buckets whose URLs are signed by a server of yours. */
  readonly sign?: (request: HttpRequest) => string | URL | Promise<string | URL>;
  /** Milliseconds without a byte before an attempt is given up; a `PUT` has a second more for each 16 kB. Default 30,000. */
  readonly timeoutMs?: number;
  /** Attempts in a row without a byte. Default 4. */
  readonly attempts?: number;
  /** As `fetch` knows them. Default `'same-origin'`. */
  readonly credentials?: RequestCredentials;
}

/** An answer with its deadline, which whoever reads its body goes on extending. */
export interface Answer {
  readonly response: Response;
  readonly deadline: Deadline;
}

export class Endpoint {
  readonly url: string;
  readonly attempts: number;
  readonly #options: HttpConnectorOptions;
  readonly #closed = new AbortController();

  constructor(options: HttpConnectorOptions) {
    this.url = placeOf(options.url);
    this.attempts = options.attempts ?? 4;
    this.#options = options;
  }

  /** Settles when the endpoint has said that it has it all. */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    await attempting(this.attempts, AbortSignal.any([this.#closed.signal]), async () => {
      const headers = { 'content-type': 'application/octet-stream' };
      const { response, deadline } = await this.send('PUT', name, { headers, body: bytes, graceMs: bytes.length / 16 });
      await finish(response, deadline);
      accept(response, 'PUT', name, [200, 201, 204]);
    });
  }

  has(name: string): Promise<boolean> {
    return attempting(this.attempts, AbortSignal.any([this.#closed.signal]), async () => {
      const { response, deadline } = await this.send('HEAD', name);
      await finish(response, deadline);
      if (isMissing(response)) return false;
      accept(response, 'HEAD', name, [200, 204]);
      return true;
    });
  }

  /** False when there was nothing to delete. */
  async delete(name: string): Promise<boolean> {
    let lost = false;
    return attempting(this.attempts, AbortSignal.any([this.#closed.signal]), async () => {
      try {
        const { response, deadline } = await this.send('DELETE', name);
        await finish(response, deadline);
        // After an attempt whose answer was lost, that attempt may be why it is gone.
        if (isMissing(response)) return lost;
        accept(response, 'DELETE', name, [200, 202, 204]);
        return true;
      } catch (error) {
        lost = true;
        throw error;
      }
    });
  }

  /** One attempt. Rejects with `connection_lost`, `timeout`, or the signal's reason; whatever the endpoint answers is an answer. */
  async send(
    method: HttpRequest['method'],
    name: string,
    {
      headers,
      body,
      signal,
      graceMs = 0,
    }: { headers?: HeadersInit; body?: Uint8Array; signal?: AbortSignal | undefined; graceMs?: number } = {},
  ): Promise<Answer> {
    const { timeoutMs = 30_000, credentials = 'same-origin', sign, headers: own } = this.#options;
    const deadline = new Deadline(timeoutMs + graceMs, signal ? [signal, this.#closed.signal] : [this.#closed.signal]);
    const request: HttpRequest = { method, url: new URL(name, this.url).href };
    try {
      const all = new Headers(await own?.(request));
      for (const [header, value] of new Headers(headers)) all.set(header, value);
      const url = sign ? placeable(await sign(request)) : request.url;
      // A redirect is never followed: it would lead to a place that this store was not given.
      const init: RequestInit = { method, headers: all, credentials, redirect: 'manual', cache: 'no-store', signal: deadline.signal };
      if (body) init.body = body as BodyInit;
      return { response: await fetch(url, init), deadline };
    } catch (error) {
      throw deadline.end() ?? (error instanceof TypeError ? unreachable(method, this.url, error) : error);
    }
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  close(reason: StreamError): void {
    this.#closed.abort(reason);
  }
}

/** A connection is free again only when its answer was read. */
async function finish(response: Response, deadline: Deadline): Promise<void> {
  try {
    await response.body?.cancel();
  } finally {
    deadline.end();
  }
}

function placeOf(given: string | URL): string {
  const url = new URL(given, globalThis.location?.href);
  placeable(url);
  if (!url.pathname.endsWith('/')) throw new TypeError(`The URL of an HttpConnector is a folder, and ends with "/": ${url.pathname}`);
  if (url.search || url.hash || url.username || url.password)
    throw new TypeError('The URL of an HttpConnector travels in events: pass what is secret by headers or sign');
  return url.href;
}

function placeable(given: string | URL): string {
  const { href, protocol } = new URL(given, globalThis.location?.href);
  if (!/^https?:$/.test(protocol)) throw new TypeError(`An HttpConnector speaks http and https, not ${protocol}`);
  return href;
}
