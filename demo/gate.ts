import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Visitors who are kept out at a time; beyond that the first of them may come in again. */
const MOST = 1000;
const NAME = /^\/([\w-]{8,64})$/;

/** Cuts visitors off from the broker and keeps them out, each by a name of their own, until they ask to be let in again. */
export class Gate {
  readonly #out = new Set<string>();
  readonly #streams = new Map<string, Set<Duplex>>();

  /** Whether this upgrade request, `…?visitor=NAME`, may come in. */
  admits(request: IncomingMessage): boolean {
    return !this.#out.has(visitorOf(request));
  }

  watch(stream: Duplex, request: IncomingMessage): void {
    const visitor = visitorOf(request);
    const streams = this.#streams.get(visitor) ?? new Set();
    this.#streams.set(visitor, streams.add(stream));
    stream.once('close', () => {
      streams.delete(stream);
      if (streams.size === 0 && this.#streams.get(visitor) === streams) this.#streams.delete(visitor);
    });
  }

  /** `DELETE /NAME` cuts off, `PUT` lets in, `GET` says how it stands. */
  handle({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    const [, visitor] = NAME.exec(url.split('?')[0] ?? '') ?? [];
    if (visitor === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (method === 'DELETE') this.#cut(visitor);
    if (method === 'PUT') this.#out.delete(visitor);
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify({ open: !this.#out.has(visitor) }));
  }

  #cut(visitor: string): void {
    this.#out.add(visitor);
    const [first] = this.#out;
    if (this.#out.size > MOST) this.#out.delete(first as string);
    for (const stream of this.#streams.get(visitor) ?? []) stream.destroy();
  }
}

function visitorOf({ url = '' }: IncomingMessage): string {
  return new URL(url, 'http://localhost').searchParams.get('visitor') ?? '';
}
