/** Serves the program of the tabs, built once: hundreds of tabs are opened, and none should wait for a development server. */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export interface House extends AsyncDisposable {
  /** An origin of that name: what it stores is nobody else's. Any address there with a `cast` in its query is a tab, any other an empty page. */
  origin(name: string): string;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const HTML = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Tab</title><link rel="icon" href="data:,">';

export async function openHouse(): Promise<House> {
  const scripts = await program();
  const server = createServer(({ url = '/' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const script = scripts.get(pathname.slice(1));
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
    response.end(script ?? `${HTML}${searchParams.has('cast') ? '<script type="module" src="/tab.js"></script>' : ''}</html>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    origin: (name) => `http://${name}.localhost:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function program(): Promise<ReadonlyMap<string, string>> {
  const built = await build({
    configFile: false,
    root: here('.'),
    logLevel: 'warn',
    resolve: {
      alias: [
        { find: /^proxystream$/, replacement: here('../../src/index.ts') },
        { find: /^proxystream\/log$/, replacement: here('../../src/log/index.ts') },
        { find: /^proxystream\/(.+)$/, replacement: here('../../src/$1.ts') },
      ],
    },
    build: {
      write: false,
      minify: false,
      modulePreload: false,
      rolldownOptions: { input: { tab: here('pages/tab.ts') }, output: { entryFileNames: '[name].js' } },
    },
  });
  if (!('output' in built)) throw new Error('Expected one build of the tabs');
  return new Map(built.output.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file.code] as const] : [])));
}
