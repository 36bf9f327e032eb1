/** A browser whose processes are the test's own: it can be killed as a power cut would, and started again on what it left on disk. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type BrowserContext, chromium } from '@playwright/test';
import { chromiumLaunch } from '../../scripts/programs.mjs';

export interface OwnBrowser extends AsyncDisposable {
  /** Of its present life. Its storage is on disk, as a user's is. */
  readonly context: BrowserContext;
  /** SIGKILL to all its processes. Settles when they are gone. */
  kill(): Promise<void>;
  /** Starts again on the same profile. */
  start(): Promise<void>;
}

const FLAGS = [
  '--headless=new',
  '--remote-debugging-port=0',
  '--no-first-run',
  '--no-default-browser-check',
  '--mute-audio',
  '--disable-features=PreloadTopChromeWebUI', // a page that nobody sees, loaded with every window
];

export async function startOwnBrowser(): Promise<OwnBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'proxystream-profile-'));
  let life = await begin(profile);
  // A run that ends without stopping it leaves neither processes nor a profile.
  const leave = () => {
    killGroup(life.child);
    rmSync(profile, { recursive: true, force: true });
  };
  process.once('exit', leave);
  const kill = async () => {
    if (life.child.exitCode !== null || life.child.signalCode !== null) return;
    const gone = once(life.child, 'exit');
    killGroup(life.child);
    await gone;
  };
  return {
    get context() {
      return life.context;
    },
    kill,
    async start() {
      life = await begin(profile);
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', leave);
      await kill();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function begin(profile: string): Promise<{ readonly child: ChildProcess; readonly context: BrowserContext }> {
  const { executablePath = chromium.executablePath(), args } = chromiumLaunch();
  const child = spawn(executablePath, [...args, ...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // a process group of its own
  });
  const browser = await chromium.connectOverCDP(await endpoint(child));
  const [context] = browser.contexts();
  if (!context) throw new Error('Chromium has no default context');
  return { child, context };
}

async function endpoint({ stderr }: ChildProcess): Promise<string> {
  if (!stderr) throw new Error('Chromium was started without its standard error');
  const said: string[] = [];
  for await (const line of createInterface(stderr)) {
    const [, url] = /^DevTools listening on (ws:.+)$/.exec(line) ?? [];
    stderr.resume();
    if (url) return url;
    said.push(line);
  }
  throw new Error(`Chromium did not start:\n${said.join('\n')}`);
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
