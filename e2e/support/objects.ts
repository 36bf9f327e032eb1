import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { objectEndpoint } from '../../demo/objects.js';
import type { ObjectServer } from './nginx.js';

/** The demo server's endpoint of objects, alone and open to pages of every origin; or another way to answer. */
export async function startObjects(answer: RequestListener = objectEndpoint({ anyOrigin: true })): Promise<ObjectServer> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}/`, stop, [Symbol.asyncDispose]: stop };
}
