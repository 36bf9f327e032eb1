/**
 * Several connectors as one: size and place pick the route.
 *
 * ```ts
 * const tiles = new Store('tiles', new MultiConnector([
 *   { connector: new IndexedDBConnector(), maxBytes: 2 ** 24 },  // pages of this origin find it here
 *   { connector: new HttpConnector({ url: '/objects/' }) },      // everyone else there
 * ]));
 * ```
 */
import { StreamError } from '../errors.js';
import type { Connector, ConnectorConfig, FetchOptions, PutOptions } from '../store/connector.js';
import { readKey } from '../store/key.js';

export interface Route {
  readonly connector: Connector;
  /** Larger objects take another route. Default: none is too large. */
  readonly maxBytes?: number;
  /** Smaller objects take another route. Default 0. */
  readonly minBytes?: number;
}

/**
 * An object is put by the first route for its size of each `reach`, so that near ones find it near and all others where anyone may fetch it;
 * it is looked for along the routes in their order. Where the near connector does not work at all (`unsupported`), the far one does alone.
 */
export class MultiConnector implements Connector {
  readonly reach: Connector['reach'];
  readonly config: ConnectorConfig;
  readonly #routes: readonly Route[];

  constructor(routes: readonly Route[]) {
    if (routes.length === 0) throw new TypeError('A MultiConnector needs a route');
    const reaches = routes.map(({ connector }) => connector.reach);
    this.reach = reaches.includes('anywhere') ? 'anywhere' : reaches.includes('origin') ? 'origin' : 'page';
    // What lies nearer has another name for everyone who is elsewhere.
    const widest = routes.filter(({ connector }) => connector.reach === this.reach);
    this.config = { kind: 'multi', of: widest.map(({ connector }) => connector.config) };
    this.#routes = routes;
  }

  /** Settles when it is there for everyone. Rejects, and leaves nothing, when one of the connectors does. */
  async put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<void> {
    const routes = this.#routesFor(key, bytes.length);
    const byReach = routes.filter((route, i) => routes.findIndex(({ connector }) => connector.reach === route.connector.reach) === i);
    if (byReach.length === 0 || !byReach.some(({ connector }) => connector.reach === this.reach))
      throw new StreamError('too_large', `No route takes ${bytes.length} bytes to everyone`, { bytes: bytes.length });
    const results = await Promise.allSettled(byReach.map(({ connector }) => connector.put(key, bytes, options)));
    const failures = results.filter(
      (result, i): result is PromiseRejectedResult => result.status === 'rejected' && !this.#mayFail(byReach[i], result.reason),
    );
    if (failures.length === 0) return;
    await Promise.allSettled(byReach.map(({ connector }) => connector.evict(key)));
    throw failures[0]?.reason;
  }

  async get(key: string, options: FetchOptions = {}): Promise<Uint8Array | undefined> {
    return this.#first(key, (connector) => connector.get(key, options));
  }

  async stream(key: string, options: FetchOptions = {}): Promise<ReadableStream<Uint8Array> | undefined> {
    return this.#first(key, async (connector) => {
      if (connector.stream) return connector.stream(key, options);
      const bytes = await connector.get(key, options);
      return bytes && new Blob([bytes as BlobPart]).stream();
    });
  }

  async exists(key: string): Promise<boolean> {
    return (await this.#first(key, async (connector) => (await connector.exists(key)) || undefined)) ?? false;
  }

  async evict(key: string): Promise<void> {
    await this.#everywhere(key, (connector) => connector.evict(key));
  }

  /** Everywhere: those who are elsewhere count only where they can reach, and what is left nearer goes when it expires. */
  async release(key: string): Promise<void> {
    await this.#everywhere(key, (connector) => (connector.release ? connector.release(key) : connector.evict(key)));
  }

  async sweep(): Promise<number> {
    const counts = await Promise.all(this.#routes.map(({ connector }) => connector.sweep?.() ?? 0));
    return Math.max(...counts);
  }

  async close(): Promise<void> {
    await Promise.all(this.#routes.map(({ connector }) => connector.close()));
  }

  #routesFor(key: string, bytes = readKey(key).bytes): Route[] {
    return this.#routes.filter(({ minBytes = 0, maxBytes = Number.POSITIVE_INFINITY }) => bytes >= minBytes && bytes <= maxBytes);
  }

  /** A route that fails costs nothing as long as another has the object. */
  async #first<R>(key: string, look: (connector: Connector) => Promise<R | undefined>): Promise<R | undefined> {
    readKey(key);
    const failures: unknown[] = [];
    for (const route of this.#routes) {
      try {
        const found = await look(route.connector);
        if (found !== undefined) return found;
      } catch (error) {
        if (!this.#mayFail(route, error)) failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return undefined;
  }

  async #everywhere(key: string, remove: (connector: Connector) => Promise<void>): Promise<void> {
    readKey(key);
    const results = await Promise.allSettled(this.#routes.map(({ connector }) => remove(connector)));
    for (const [i, result] of results.entries())
      if (result.status === 'rejected' && !this.#mayFail(this.#routes[i], result.reason)) throw result.reason;
  }

  #mayFail(route: Route | undefined, reason: unknown): boolean {
    return route?.connector.reach !== this.reach && reason instanceof StreamError && reason.code === 'unsupported';
  }
}
