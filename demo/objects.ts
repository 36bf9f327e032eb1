import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connect, Plugin } from 'vite';

export interface ObjectEndpointOptions {
  /** Of all objects together; then the oldest go. Default 256 MiB. */
  readonly maxBytes?: number;
  /** How long an object stays. Default ten minutes. */
  readonly ttlMs?: number;
  /** Lets pages of other origins in. Default: none. */
  readonly anyOrigin?: boolean;
}

/** Of one request; more is refused while it arrives. */
const LARGEST = 64 * 2 ** 20;
const NAME = /^\/([\w.~-]{1,100})$/;

/** Vite's own server, dev or preview, also keeps objects in its memory: PUT, GET (also in ranges), HEAD and DELETE below `path`. */
export function embeddedObjects(path = '/objects'): Plugin {
  const serve = ({ middlewares }: { middlewares: Connect.Server }) => void middlewares.use(path, objectEndpoint());
  return { name: 'proxystream:embedded-objects', configureServer: serve, configurePreviewServer: serve };
}

/** For any server of Node's, with the object's name as the path. */
export function objectEndpoint({ maxBytes = 256 * 2 ** 20, ttlMs = 600_000, anyOrigin = false }: ObjectEndpointOptions = {}) {
  const objects = new Map<string, { readonly bytes: Buffer; readonly until: number }>();
  let total = 0;
  const remove = (name: string): boolean => {
    total -= objects.get(name)?.bytes.length ?? 0;
    return objects.delete(name);
  };
  const add = (name: string, bytes: Buffer) => {
    remove(name);
    objects.set(name, { bytes, until: Date.now() + ttlMs });
    total += bytes.length;
    for (const [oldest, { until }] of objects) if (total > maxBytes || until <= Date.now()) remove(oldest);
  };
  const put = (name: string, bytes: Buffer | undefined) => {
    if (bytes) add(name, bytes);
    return bytes ? 204 : 413;
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    const { method, url = '' } = request;
    const answer = (status: number) => void response.writeHead(status).end();
    const [, name] = NAME.exec(url.split('?')[0] ?? '') ?? [];
    const found = name === undefined ? undefined : objects.get(name);
    if (anyOrigin) allowAll(response);
    if (method === 'OPTIONS') answer(204);
    else if (name !== undefined && method === 'PUT') receive(request, (bytes) => answer(put(name, bytes)));
    else if (name === undefined || !found || found.until <= Date.now()) answer(404);
    else if (method === 'DELETE') answer(remove(name) ? 204 : 404);
    else send(request, response, found.bytes);
  };
}

function allowAll(response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-allow-methods', 'PUT, GET, HEAD, DELETE');
  response.setHeader('access-control-allow-headers', 'authorization, content-type, range');
  response.setHeader('access-control-expose-headers', 'content-range');
}

function send({ method, headers }: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  const [, start] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
  const from = Number(start ?? 0);
  const beyond = start !== undefined && from >= bytes.length;
  const range = beyond ? `*` : `${from}-${bytes.length - 1}`;
  if (start !== undefined) response.setHeader('content-range', `bytes ${range}/${bytes.length}`);
  response.setHeader('content-type', 'application/octet-stream');
  response.setHeader('content-length', beyond ? 0 : bytes.length - from);
  response.writeHead(beyond ? 416 : start === undefined ? 200 : 206);
  response.end(method === 'HEAD' || beyond ? undefined : bytes.subarray(from));
}

/** Nothing when it is too large; who breaks off is not answered. */
function receive(request: IncomingMessage, done: (bytes: Buffer | undefined) => void): void {
  const pieces: Buffer[] = [];
  let length = 0;
  request.on('data', (piece: Buffer) => {
    length += piece.length;
    if (length <= LARGEST) pieces.push(piece);
    else pieces.length = 0;
  });
  request.on('end', () => done(length <= LARGEST ? Buffer.concat(pieces) : undefined));
}
