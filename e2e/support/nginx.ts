import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findNginx } from '../../scripts/programs.mjs';
import { freePorts } from './broker.js';

const START_DEADLINE_MS = 10_000;
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

export interface ObjectServer extends AsyncDisposable {
  /** The folder of objects, open to pages of every origin. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a real nginx whose WebDAV module keeps objects in a folder of its own. Rejects with its log when it does not come up. */
export async function startNginx(): Promise<ObjectServer> {
  const program = findNginx();
  if (!program) throw new Error('nginx is not installed: run "npm run setup"');
  const folder = await mkdtemp(join(tmpdir(), 'proxystream-nginx-'));
  const [port = 0] = await freePorts(1);
  mkdirSync(join(folder, 'www/objects'), { recursive: true });
  const config = join(folder, 'nginx.conf');
  await writeFile(config, configuration(folder, port));
  const log: string[] = [];
  const child = spawn(program, ['-p', folder, '-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr?.on('data', (chunk) => log.push(String(chunk)));
  // A run that ends without stopping it leaves neither the program nor its folder.
  const leave = () => {
    child.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', leave);
  const stop = async () => {
    process.off('exit', leave);
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await listening(child, port, log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}/objects/`, stop, [Symbol.asyncDispose]: stop };
}

async function listening(child: ChildProcess, port: number, log: readonly string[]): Promise<void> {
  const failed = once(child, 'error').then(([error]) => error as Error);
  const deadline = Date.now() + START_DEADLINE_MS;
  while (!(await answers(port))) {
    if (child.pid === undefined) throw new Error('nginx cannot be run', { cause: await failed });
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`nginx ended (${child.exitCode}):\n${log.join('')}`);
    if (Date.now() > deadline) throw new Error(`nginx did not listen on port ${port} in time:\n${log.join('')}`);
    await delay(10);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function configuration(folder: string, port: number): string {
  return `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
error_log stderr;
worker_processes 1;
events { worker_connections 256; }
http {
  access_log off;
  ${TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    root ${folder}/www;
    location /objects/ {
      dav_methods PUT DELETE;
      client_max_body_size 64m;
      types { }
      default_type application/octet-stream;
      add_header Access-Control-Allow-Origin * always;
      add_header Access-Control-Allow-Methods "PUT, GET, HEAD, DELETE" always;
      add_header Access-Control-Allow-Headers "authorization, content-type, range" always;
      add_header Access-Control-Expose-Headers content-range always;
      if ($request_method = OPTIONS) { return 204; }
    }
  }
}
`;
}
