import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';

export interface MqttUpgradeOptions {
  /** Only upgrades of this path are taken; others are left to whoever else listens. Default: every path. */
  readonly path?: string;
  /** Others are refused. Default: everybody is admitted. */
  readonly admits?: (request: IncomingMessage) => boolean;
}

/**
 * Hands each MQTT-over-WebSocket connection of an HTTP server to `accept`, as a stream of bytes.
 * The function returned stops that and cuts the connections; the server itself goes on.
 */
export function onMqttUpgrade(
  server: Pick<Server, 'on' | 'off'>,
  accept: (stream: Duplex, request: IncomingMessage) => void,
  { path, admits = () => true }: MqttUpgradeOptions = {},
): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    // Browsers drop the connection unless the server picks the subprotocol that MQTT prescribes.
    handleProtocols: (offered) => (offered.has('mqtt') ? 'mqtt' : false),
  });
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (path !== undefined && pathOf(request) !== path) return;
    if (!admits(request)) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const stream = createWebSocketStream(webSocket);
      // A connection that breaks is the broker's everyday business; it hears of it by 'close'.
      stream.on('error', () => stream.destroy());
      accept(stream, request);
    });
  };
  server.on('upgrade', upgrade);
  return () => {
    server.off('upgrade', upgrade);
    for (const client of sockets.clients) client.terminate();
  };
}

function pathOf(request: IncomingMessage): string {
  return new URL(request.url ?? '/', 'http://localhost').pathname;
}
