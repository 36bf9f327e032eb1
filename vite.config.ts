import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import type { Plugin } from 'vite';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { embeddedBroker } from './demo/broker.js';
import { embeddedObjects } from './demo/objects.js';
import { supportCommands } from './e2e/support/commands.js';
import { stage } from './e2e/support/stage.js';
import { chromiumLaunch } from './scripts/programs.mjs';
import { publicModules } from './scripts/public-modules.mjs';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const { dependencies } = JSON.parse(readFileSync(here('package.json'), 'utf8')) as { dependencies: Record<string, string> };

/**
 * The library (`vite build`), the demo (`vite`; built, `vite build --mode demo` and `vite preview --mode demo`), the same with the programs of the
 * end-to-end tests (`--mode e2e`: built, a page loads several times as fast as from the development server) and the tests (`vitest`).
 */
export default defineConfig(({ command, mode }) => {
  const shared: ViteUserConfig = {
    resolve: {
      alias: [
        { find: /^proxystream$/, replacement: here('src/index.ts') },
        { find: /^proxystream\/(.+)$/, replacement: here('src/$1') },
      ],
    },
    // Found late, a dependency would make the dev server reload the page in the middle of a test or a demo.
    optimizeDeps: { include: Object.keys(dependencies) },
  };
  if (mode === 'test') return { ...shared, test };
  if (command === 'build' && mode !== 'demo' && mode !== 'e2e')
    return { ...shared, plugins: [workersAsTheyAre(), vendorNotice()], build: library() };
  return {
    ...shared,
    root: here('demo'),
    cacheDir: here(`node_modules/.vite/${mode}`),
    server: { fs: { allow: [here('.')] } },
    build: mode === 'e2e' ? everyPage() : { rolldownOptions: { input: pages('demo', '.html') } },
    appType: 'mpa',
    plugins: [embeddedBroker(), embeddedObjects(), mode === 'e2e' && stage()],
  };
});

/** Modules that nobody imports: each lies beside the one that starts it. */
const WORKERS = { 'filters/where-worker': here('src/filters/where-worker.ts') };

/** Vite would turn the address into one at the root of a site. As it is written, bundlers follow it, and browsers find it without one. */
function workersAsTheyAre(): Plugin {
  const written = /new URL\(('\.\/[\w-]+-worker\.js'), import\.meta\.url\)/g;
  const kept = /__proxystreamWorker\(["']([^"']+)["']\)/g;
  return {
    name: 'proxystream:workers',
    enforce: 'pre',
    transform: (code, id) =>
      id.startsWith(here('src/')) && code.search(written) >= 0
        ? { code: code.replace(written, '__proxystreamWorker($1)'), map: null }
        : null,
    renderChunk: (code) => (code.search(kept) >= 0 ? { code: code.replace(kept, "new URL('$1', import.meta.url)"), map: null } : null),
  };
}

/** Whose work comes along. */
function vendorNotice(): Plugin {
  const source = readFileSync(here('node_modules/@ucast/core/NOTICE'), 'utf8');
  return {
    name: 'proxystream:notice',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'vendor/@ucast/NOTICE', source });
    },
  };
}

/** One file per module, so that bundlers shake it and lazy parts stay lazy. */
function library(): NonNullable<ViteUserConfig['build']> {
  return {
    target: 'es2022',
    minify: false,
    sourcemap: true,
    lib: { entry: { ...publicModules(), ...WORKERS }, formats: ['es'] },
    rolldownOptions: {
      // In a worker no import map resolves a bare name, so what runs there comes along; npm packs no folder called node_modules.
      external: (id) => !/^[./\0]|^proxystream|^@ucast\//.test(id),
      output: {
        preserveModules: true,
        preserveModulesRoot: 'src',
        entryFileNames: ({ name }) => `${name.replace(/^node_modules/, 'vendor')}.js`,
      },
    },
  };
}

/** With the demo, at addresses that tests know: `/programs/board.js` of `e2e/pages`, and `/modules/store.js` of the library. */
function everyPage(): NonNullable<ViteUserConfig['build']> {
  const programs = pages('e2e/pages', '.ts', 'programs/');
  const modules = Object.fromEntries(Object.entries(publicModules()).map(([subpath, file]) => [`modules/${subpath}`, file]));
  return {
    outDir: here('node_modules/.vite/e2e-pages'),
    emptyOutDir: true,
    minify: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { ...pages('demo', '.html'), ...programs, ...modules },
      output: { entryFileNames: '[name].js' },
      preserveEntrySignatures: 'strict',
    },
  };
}

/** The files of a folder with this ending, by what they are called without it. */
function pages(folder: string, ending: string, prefix = ''): Record<string, string> {
  const files = readdirSync(here(folder)).filter((file) => file.endsWith(ending));
  return Object.fromEntries(files.map((file) => [prefix + file.slice(0, -ending.length), here(`${folder}/${file}`)]));
}

const test: NonNullable<ViteUserConfig['test']> = {
  globalSetup: 'e2e/support/global-setup.ts',
  // What waits, waits for a fact; a busy machine only takes longer.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  projects: [
    {
      extends: true,
      test: {
        name: 'node',
        include: ['{src,demo,scripts,bench,e2e}/**/*.test.ts'],
        exclude: ['**/*.browser.test.ts'],
      },
    },
    {
      extends: true,
      optimizeDeps: { include: ['fast-check', '@msgpack/msgpack'] },
      test: {
        name: 'chromium',
        include: ['{src,demo,e2e/support}/**/*.browser.test.ts'],
        browser: {
          enabled: true,
          headless: true,
          screenshotFailures: false,
          provider: playwright({ launchOptions: chromiumLaunch() }),
          instances: [{ browser: 'chromium' }],
          commands: supportCommands,
        },
      },
    },
  ],
};
