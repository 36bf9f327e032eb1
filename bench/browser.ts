/** Chromium, and the pages of the bench in it, built for production as an app would be. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright';
import { build, type InlineConfig, preview } from 'vite';
import { chromiumLaunch } from '../scripts/programs.mjs';
import { Desk, type Tab } from './desk.js';

const ROOT = fileURLToPath(new URL('.', import.meta.url));
const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** One browser profile, on disk: its tabs share channels, databases and locks. */
export interface Profile extends AsyncDisposable {
  openTab(): Promise<Tab>;
}

export interface BenchBrowser extends AsyncDisposable {
  readonly version: string;
  openProfile(): Promise<Profile>;
}

export async function openBrowser(): Promise<BenchBrowser> {
  const outDir = await mkdtemp(join(tmpdir(), 'proxystream-bench-'));
  const desk = new Desk();
  const config: InlineConfig = {
    configFile: false,
    root: ROOT,
    logLevel: 'warn',
    resolve: {
      alias: [
        { find: /^proxystream$/, replacement: `${SRC}/index.ts` },
        { find: /^proxystream\/(.+)$/, replacement: `${SRC}/$1` },
      ],
    },
    worker: { format: 'es' },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: false,
      chunkSizeWarningLimit: 10_000,
      rolldownOptions: { input: `${ROOT}/tab.html` },
    },
    // A page that is isolated gets the time in steps of 5 µs; others in steps of 100 µs.
    preview: { port: 0, headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' } },
    plugins: [desk.plugin],
  };
  await build(config);
  const server = await preview(config);
  const url = server.resolvedUrls?.local[0];
  return {
    version: await version(),
    async openProfile() {
      // A browser of its own, and its default profile: that is on disk as a user's is, while those of further contexts are in memory.
      const browser = await launch();
      const devtools = await browser.newBrowserCDPSession();
      return {
        async openTab() {
          const { tab, path } = desk.seat();
          // In one window they would hide each other. Playwright attaches no debugger to tabs that it did not open.
          await devtools.send('Target.createTarget', { url: `${url}tab.html?tab=${path}`, newWindow: true });
          return tab;
        },
        [Symbol.asyncDispose]: () => browser.close(),
      };
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}

function launch(): Promise<Browser> {
  const { args, ...rest } = chromiumLaunch();
  return chromium.launch({ ...rest, args: [...args, '--js-flags=--expose-gc'] });
}

async function version(): Promise<string> {
  const browser = await launch();
  await browser.close();
  return browser.version();
}
