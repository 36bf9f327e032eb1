import type { Server } from 'node:http';
import { Aedes } from 'aedes';
import type { Plugin } from 'vite';
import { onMqttUpgrade } from './mqtt-upgrade.js';

/** Vite's own server, dev or preview, also is an MQTT broker: same port, WebSocket upgrade at `/mqtt`. */
export function embeddedBroker(path = '/mqtt'): Plugin {
  return {
    name: 'proxystream:embedded-broker',
    configureServer: ({ httpServer }) => serve(httpServer as Server | null, path),
    configurePreviewServer: ({ httpServer }) => serve(httpServer as Server, path),
  };
}

async function serve(server: Server | null, path: string): Promise<void> {
  // In middleware mode Vite has no server of its own to attach to.
  if (!server) return;
  const broker = await Aedes.createBroker();
  const leave = onMqttUpgrade(server, (stream, request) => broker.handle(stream, request), { path });
  server.once('close', () => {
    leave();
    broker.close();
  });
}
