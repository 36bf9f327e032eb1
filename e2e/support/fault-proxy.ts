import { createServer, type Server, type Socket } from 'node:net';
import { Link } from './fault-link.js';
import { reset } from './reset.js';

/** What goes wrong between a client and its server. */
export type Fault =
  | { readonly kind: 'pass' }
  /** Every byte comes this much later, in order, both ways. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Connections stand and nothing moves, not even their end; what was sent goes on its way when this is over. */
  | { readonly kind: 'black-hole' }
  /** Every connection is reset (RST), those that stand and those to come. */
  | { readonly kind: 'reset' }
  /** Each connection ends after so many more bytes in one direction, wherever in a packet that is. */
  | { readonly kind: 'cut'; readonly afterBytes: number; readonly direction: Direction }
  /** Nobody listens: what stands is reset, what comes is refused. */
  | { readonly kind: 'refuse' };

/** Seen from the client: `up` is to the server. */
export type Direction = 'up' | 'down';

export interface FaultCounts {
  /** Connections let in since the start. */
  readonly accepted: number;
  readonly open: number;
  /** Bytes passed on. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface FaultProxy extends AsyncDisposable {
  /** The target's URL with the proxy's port. */
  readonly url: string;
  readonly port: number;
  /** Holds for the connections that stand and those to come, until the next call. Settles when it is in force. */
  set(fault: Fault): Promise<void>;
  counts(): FaultCounts;
  /** Resets what stands and listens no more. Idempotent. */
  close(): Promise<void>;
}

/** A TCP proxy in front of `target` (`ws://127.0.0.1:9001/mqtt`, `mqtt://…`), on a free port. It starts out passing everything. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const url = new URL(target);
  if (!url.port) throw new TypeError(`The fault proxy needs a port in its target, got "${target}"`);
  const server = { host: url.hostname, port: Number(url.port) };
  const links = new Set<Link>();
  const total = { accepted: 0, up: 0, down: 0 };
  let fault: Fault = { kind: 'pass' };

  const accept = (client: Socket) => {
    if (fault.kind === 'reset') {
      reset(client);
      return;
    }
    total.accepted++;
    const link = new Link(client, server, {
      moved: (direction, bytes) => {
        total[direction] += bytes;
      },
      ended: () => links.delete(link),
    });
    links.add(link);
    link.set(fault);
  };
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  await listen(listener, 0, server.host);
  const { port } = listener.address() as { port: number };
  url.port = String(port);

  const set = async (next: Fault) => {
    fault = next;
    for (const link of links) link.set(next);
    if (next.kind === 'refuse') await stopListening(listener);
    else if (!listener.listening) await listen(listener, port, server.host);
  };
  const close = () => set({ kind: 'refuse' });
  return {
    url: url.href,
    port,
    set,
    counts: () => ({ accepted: total.accepted, open: links.size, bytesUp: total.up, bytesDown: total.down }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
