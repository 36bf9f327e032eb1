import { createServer } from 'node:net';

/** A broker of the tests' own, on ports that stay the same over its lives. */
export interface Broker extends AsyncDisposable {
  /** `ws://…`, for pages. */
  readonly wsUrl: string;
  /** `mqtt://…`, for Node. */
  readonly tcpUrl: string;
  readonly wsPort: number;
  readonly tcpPort: number;
  /** Dies at once and says goodbye to nobody. Settles when it is gone. */
  kill(): Promise<void>;
  /** Starts again on the same ports, after an orderly stop if it still runs. Settles when it accepts connections. */
  restart(): Promise<void>;
  /** Ends it for good and removes what it kept. Idempotent. */
  stop(): Promise<void>;
}

/** Ports that nobody listens on right now, all different. */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listening(host)));
  return Promise.all(
    servers.map(async (server) => {
      const { port } = server.address() as { port: number };
      await new Promise((resolve) => server.close(resolve));
      return port;
    }),
  );
}

function listening(host: string) {
  return new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, host, () => resolve(server));
  });
}
