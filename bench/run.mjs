/**
 * `npm run bench`: measures this library side by side with what people would use instead, in real Chromium, and prints the ratios.
 * `npm run bench -- NAME…` measures the rows whose name contains one of the names. `--quick` measures next to nothing, to see that all of it
 * runs; `--rounds N` changes how often everything is measured; `--json FILE` says where the figures go (default: a new file in bench/results).
 * Ends with 1 when a row could not be measured, and with 0 however the ratios turn out.
 */
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** @type {{ module: typeof import('./main.ts') }} */
const { module } = await runnerImport(here('main.ts'), {
  configFile: false,
  root: here('..'),
  resolve: {
    alias: [
      { find: /^proxystream$/, replacement: here('../src/index.ts') },
      { find: /^proxystream\/(.+)$/, replacement: here('../src/$1') },
    ],
  },
  oxc: { target: 'node20' },
});
process.exitCode = await module.main(process.argv.slice(2));
