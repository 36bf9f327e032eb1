import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { objectEndpoint } from '../../demo/objects.js';
import type { ObjectServer } from './nginx.js';

/** What an endpoint of objects may do instead of its duty. */
export type Trouble =
  /** Answers everything with a page. */
  | 'pages'
  /** Sends everyone to another place. */
  | 'elsewhere'
  /** Has no time for the first two requests of each kind. */
  | 'busy'
  /** Never has time. */
  | 'overrun'
  /** Wants a token, and another than the first it is shown. */
  | 'locked'
  /** Takes no more objects. */
  | 'full'
  /** Breaks every download off in its middle. */
  | 'cut'
  /** Breaks the first download off in its middle, and knows no ranges. */
  | 'cut-once'
  /** Sends half of the first download, and then nothing for good. */
  | 'stuck'
  /** Sends fewer bytes than there were, and says so. */
  | 'short'
  /** Sends on and on. */
  | 'endless'
  /** Has changed a byte. */
  | 'changed'
  /** Answers nothing. */
  | 'silent'
  /** Does what it is told the first time, and breaks off before it says so. */
  | 'lost';

/** For the page to read what it was sent. */
const BREAK_MS = 150;

/** `method path range authorization`, of each request that came for a test of that name. */
export type Requests = readonly string[];

interface Request {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** How often the test has sent this method before. */
  readonly before: number;
  /** As a good endpoint would go on. */
  readonly obey: () => void;
}

/** `url + 'cut/some test/'` is an endpoint in that trouble; `url + 'requests/some test'` says what it was asked. `fine` is one without any. */
export async function startTrouble(): Promise<ObjectServer> {
  const endpoint = objectEndpoint({ anyOrigin: true });
  const heard = new Map<string, string[]>();
  const server = createServer((request, response) => {
    const [, trouble = '', test = '', name] = decodeURI(request.url ?? '').split('/');
    const log = heard.get(test) ?? [];
    heard.set(test, log);
    const { method, headers } = request;
    // On a connection that was used before, Chromium repeats a request whose answer is lost, and tells nobody.
    response.setHeader('connection', 'close');
    if (trouble === 'requests') return void response.setHeader('access-control-allow-origin', '*').end(JSON.stringify(log));
    const before = log.filter((line) => line.startsWith(`${method} `)).length;
    if (method !== 'OPTIONS') log.push(`${method} ${name} ${headers.range ?? '-'} ${headers.authorization ?? '-'}`);
    request.url = `/${name}`;
    const obey = () => endpoint(request, response);
    if (method === 'OPTIONS') obey();
    else respond(trouble as Trouble, { request, response, before, obey });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}/`, stop, [Symbol.asyncDispose]: stop };
}

function respond(trouble: Trouble, { request, response, before, obey }: Request): void {
  const { method, headers } = request;
  const cors = { 'access-control-allow-origin': '*' };
  const says = (status: number, more = {}) => void response.writeHead(status, { ...cors, ...more }).end();
  const isGet = method === 'GET';
  if (trouble === 'pages') response.writeHead(200, { ...cors, 'content-type': 'text/html' }).end('<!doctype html>');
  else if (trouble === 'elsewhere') says(302, { location: `/fine/stolen${request.url}` });
  else if (trouble === 'busy' && before < 2) says(503);
  else if (trouble === 'overrun') says(503);
  else if (trouble === 'locked' && headers.authorization !== 'Bearer 2') says(401);
  else if (trouble === 'full' && method === 'PUT') says(507);
  else if (trouble === 'silent') return;
  else if (trouble === 'lost' && before === 0) loseAnswer(response, obey);
  else if (isGet && trouble === 'cut') cutBody(response, obey, 'destroy');
  else if (isGet && trouble === 'cut-once') cutWhole(request, response, obey, before === 0);
  else if (isGet && trouble === 'stuck' && before === 0) cutBody(response, obey, 'stay');
  else if (isGet && /short|changed|endless/.test(trouble)) changeBody(trouble, response, obey);
  else obey();
}

function loseAnswer(response: ServerResponse, obey: () => void): void {
  response.end = (() => response.socket?.destroy()) as never;
  obey();
}

/** Half of what it would send, unless that is little; and then a break, which throws away what a page has not read by then. */
function cutBody(response: ServerResponse, obey: () => void, then: 'destroy' | 'stay'): void {
  const end = response.end.bind(response);
  response.end = ((body?: Buffer) => {
    if (!body || body.length < 2 ** 16) return end(body);
    const half = body.subarray(0, body.length >> 1);
    const breakOff = () => response.socket?.destroy();
    return response.write(half, () => then === 'destroy' && setTimeout(breakOff, BREAK_MS));
  }) as never;
  obey();
}

function cutWhole(request: IncomingMessage, response: ServerResponse, obey: () => void, cut: boolean): void {
  request.headers = { ...request.headers };
  delete request.headers.range;
  if (cut) cutBody(response, obey, 'destroy');
  else obey();
}

function changeBody(trouble: Trouble, response: ServerResponse, obey: () => void): void {
  const end = response.end.bind(response);
  const { writeHead } = response;
  if (trouble !== 'changed') response.writeHead = (() => response) as never;
  response.end = ((body?: Buffer) => {
    if (!body) return end();
    if (trouble === 'changed') return end(Buffer.from(body).fill(body[0] === 7 ? 8 : 7, 0, 1));
    response.removeHeader('content-length');
    if (trouble === 'short') response.setHeader('content-length', body.length - 1);
    writeHead.call(response, 200);
    if (trouble === 'short') return end(body.subarray(1));
    const goOn = () => void (response.destroyed || response.write(body, goOn));
    return goOn();
  }) as never;
  obey();
}
