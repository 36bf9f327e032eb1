import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { Aedes, type AedesOptions } from 'aedes';
import { onMqttUpgrade } from '../../demo/mqtt-upgrade.js';
import { type Broker, freePorts } from './broker.js';
import { reset } from './reset.js';

export interface AedesBrokerOptions {
  /** Of the WebSocket listener. Default: a free one. */
  readonly port?: number;
  readonly tcpPort?: number;
  readonly host?: string;
  /** Handed to Aedes: `authenticate`, `authorizePublish` and so on. */
  readonly aedes?: AedesOptions;
}

export interface AedesBroker extends Broker {
  /** The broker inside this process, of its present life. */
  readonly aedes: Aedes;
}

/** Starts the embedded broker (MQTT 3.1.1, sessions in memory: they end with `kill()` and `restart()`). */
export async function startAedes({ port, tcpPort, host = '127.0.0.1', aedes: options }: AedesBrokerOptions = {}): Promise<AedesBroker> {
  const [freeWs = 0, freeTcp = 0] = await freePorts(2, host);
  const wsPort = port ?? freeWs;
  const tcp = tcpPort ?? freeTcp;
  let life: Life | undefined = await live(wsPort, tcp, host, options);
  let latest = life;
  const end = async () => {
    const ending = life;
    life = undefined;
    await ending?.end();
  };
  return {
    wsPort,
    tcpPort: tcp,
    wsUrl: `ws://${host}:${wsPort}/mqtt`,
    tcpUrl: `mqtt://${host}:${tcp}`,
    get aedes() {
      return latest.aedes;
    },
    kill: end,
    async restart() {
      await end();
      life = latest = await live(wsPort, tcp, host, options);
    },
    stop: end,
    [Symbol.asyncDispose]: end,
  };
}

interface Life {
  readonly aedes: Aedes;
  end(): Promise<void>;
}

async function live(wsPort: number, tcpPort: number, host: string, options?: AedesOptions): Promise<Life> {
  const aedes = await Aedes.createBroker(options);
  const tcp = createTcpServer((socket) => {
    socket.setNoDelay(true);
    aedes.handle(socket);
  });
  const http = createHttpServer((_request, response) => response.writeHead(426).end());
  onMqttUpgrade(http, (stream, request) => aedes.handle(stream, request));
  const sockets = new Set<Socket>();
  await Promise.all([listen(tcp, tcpPort, host, sockets), listen(http, wsPort, host, sockets)]);
  return {
    aedes,
    async end() {
      const closed = [tcp, http].map((server) => new Promise((resolve) => server.close(resolve)));
      for (const socket of sockets) reset(socket);
      await Promise.all([...closed, new Promise<void>((resolve) => aedes.close(resolve))]);
    },
  };
}

function listen(server: Server, port: number, host: string, sockets: Set<Socket>): Promise<void> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}
