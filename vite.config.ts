import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { embeddedBroker } from './demo/broker.js';
import { embeddedObjects } from './demo/objects.js';
import { supportCommands } from './e2e/support/commands.js';
import { stage } from './e2e/support/stage.js';
import { chromiumLaunch } from './scripts/programs.mjs';
import { publicModules } from './scripts/public-modules.mjs';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const { dependencies } = JSON.parse(readFileSync(here('package.json'), 'utf8')) as { dependencies: Record<string, string> };

/** The library (`vite build`), the demo (`vite`, `vite build --mode demo`, `vite preview`; `vite --mode e2e` for its tests) and the tests (`vitest`). */
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
  if (command === 'build' && mode !== 'demo') return { ...shared, build: library() };
  return {
    ...shared,
    root: here('demo'),
    cacheDir: here(`node_modules/.vite/${mode}`),
    // A test must not find its page reloaded because a file was saved.
    server: { fs: { allow: [here('.')] }, ...(mode === 'e2e' && { hmr: false, watch: null }) },
    build: { rolldownOptions: { input: demoPages() } },
    appType: 'mpa',
    plugins: [embeddedBroker(), embeddedObjects(), mode === 'e2e' && stage()],
  };
});

/** One file per module, so that bundlers shake it and lazy parts stay lazy. */
function library(): NonNullable<ViteUserConfig['build']> {
  return {
    target: 'es2022',
    minify: false,
    sourcemap: true,
    lib: { entry: publicModules(), formats: ['es'] },
    rolldownOptions: {
      external: (id) => !/^[./\0]|^proxystream/.test(id),
      output: { preserveModules: true, preserveModulesRoot: 'src', entryFileNames: '[name].js' },
    },
  };
}

function demoPages(): string[] {
  return readdirSync(here('demo'))
    .filter((file) => file.endsWith('.html'))
    .map((file) => here(`demo/${file}`));
}

const test: NonNullable<ViteUserConfig['test']> = {
  globalSetup: 'e2e/support/global-setup.ts',
  testTimeout: 20_000,
  hookTimeout: 30_000,
  projects: [
    {
      extends: true,
      test: {
        name: 'node',
        include: ['{src,demo,scripts,bench,e2e/support}/**/*.test.ts'],
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
