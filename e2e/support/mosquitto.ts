import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findMosquitto } from '../../scripts/programs.mjs';
import { type Broker, freePorts } from './broker.js';
import { type MosquittoSettings, mosquittoConfig, passwordLines } from './mosquitto-config.js';

const START_DEADLINE_MS = 10_000;
const ATTEMPTS = 3;

export interface MosquittoOptions extends MosquittoSettings {
  /** Default: free ones. */
  readonly ports?: { readonly ws?: number; readonly tcp?: number };
  readonly host?: string;
}

export interface MosquittoBroker extends Broker {
  /** Where its configuration and its database are. */
  readonly folder: string;
  /** What it wrote to its log in all its lives, for a test that fails. */
  log(): string;
}

/** Starts a real Mosquitto in a folder of its own. Rejects with its log when it does not come up. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<MosquittoBroker> {
  const { ports = {}, host = '127.0.0.1' } = options;
  for (let attempt = 1; ; attempt++) {
    const [ws = 0, tcp = 0] = await freePorts(2, host);
    const broker = await prepare({ ...options, host, wsPort: ports.ws ?? ws, tcpPort: ports.tcp ?? tcp });
    try {
      await broker.restart();
      return broker;
    } catch (error) {
      await broker.stop();
      // Somebody else may have taken a port between finding it free and listening on it.
      if (attempt === ATTEMPTS || (ports.ws && ports.tcp)) throw error;
    }
  }
}

type Prepared = MosquittoSettings & { readonly host: string; readonly wsPort: number; readonly tcpPort: number };

async function prepare({ host, wsPort, tcpPort, ...settings }: Prepared): Promise<MosquittoBroker> {
  const program = findMosquitto();
  if (!program) throw new Error('Mosquitto is not installed: run "npm run setup"');
  const folder = await mkdtemp(join(tmpdir(), 'proxystream-mosquitto-'));
  const config = join(folder, 'mosquitto.conf');
  await writeFile(config, mosquittoConfig(settings, { folder, host, wsPort, tcpPort }));
  if (settings.users) await writeFile(join(folder, 'passwords'), passwordLines(settings.users));
  if (settings.acl !== undefined) await writeFile(join(folder, 'acl'), `${settings.acl}\n`);

  const lines: string[] = [];
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals) => {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = once(ending, 'exit');
    ending.kill(signal);
    await gone;
  };
  // A run that ends without stopping it leaves neither the program nor its folder.
  const leave = () => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', leave);
  const stop = async () => {
    process.off('exit', leave);
    await end('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  return {
    folder,
    wsPort,
    tcpPort,
    wsUrl: `ws://${host}:${wsPort}/mqtt`,
    tcpUrl: `mqtt://${host}:${tcpPort}`,
    log: () => lines.join(''),
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGTERM');
      child = spawn(program, ['-c', config], { stdio: ['ignore', 'pipe', 'pipe'] });
      for (const output of [child.stdout, child.stderr]) output?.on('data', (chunk) => lines.push(String(chunk)));
      await accepting(child, host, [tcpPort, wsPort], () => lines.join(''));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Settles when each port lets a connection in. */
async function accepting(child: ChildProcess, host: string, ports: readonly number[], log: () => string): Promise<void> {
  const failed = once(child, 'error').then(([error]) => error as Error);
  const deadline = Date.now() + START_DEADLINE_MS;
  for (const port of ports) {
    while (!(await answers(port, host))) {
      if (child.pid === undefined) throw new Error('Mosquitto cannot be run', { cause: await failed });
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`Mosquitto ended (${child.exitCode ?? child.signalCode}):\n${log()}`);
      if (Date.now() > deadline) throw new Error(`Mosquitto did not listen on ${host}:${port} in time:\n${log()}`);
      await delay(10);
    }
  }
}

function answers(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
