import type { Server } from 'node:http';
import { Aedes } from 'aedes';
import type { Connect, Plugin } from 'vite';
import { Gate } from './gate.js';
import { onMqttUpgrade } from './mqtt-upgrade.js';
import { keepOrder } from './resuming.js';

interface ViteServer {
  readonly httpServer: unknown;
  readonly middlewares: Connect.Server;
}

/** Vite's own server, dev or preview, also is an MQTT broker: same port, WebSocket upgrade at `/mqtt`. Who asks for it at `/gate` is cut off. */
export function embeddedBroker(path = '/mqtt', gatePath = '/gate'): Plugin {
  const serve = async ({ httpServer, middlewares }: ViteServer) => {
    // In middleware mode Vite has no server of its own to attach to.
    if (!httpServer) return;
    const gate = new Gate();
    middlewares.use(gatePath, (request, response) => gate.handle(request, response));
    await attach(httpServer as Server, path, gate);
  };
  return { name: 'proxystream:embedded-broker', configureServer: serve, configurePreviewServer: serve };
}

async function attach(server: Server, path: string, gate: Gate): Promise<void> {
  const broker = await Aedes.createBroker();
  keepOrder(broker);
  const leave = onMqttUpgrade(
    server,
    (stream, request) => {
      gate.watch(stream, request);
      broker.handle(stream, request);
    },
    { path, admits: (request) => gate.admits(request) },
  );
  server.once('close', () => {
    leave();
    broker.close();
  });
}
