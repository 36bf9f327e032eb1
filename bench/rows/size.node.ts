/** What an app pays, minified and gzipped, against the budgets of `npm run size`. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { APPS, measure } from '../../scripts/size.mjs';
import type { Group } from '../group.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let built: Promise<string> | undefined;

/** The library as it is now; what is in `dist` may be older. */
function library(): Promise<string> {
  built ??= (async () => {
    // Its packages are found from where it lies.
    const outDir = mkdtempSync(join(ROOT, 'node_modules/.proxystream-'));
    process.once('exit', () => rmSync(outDir, { recursive: true, force: true }));
    await build({ configFile: join(ROOT, 'vite.config.ts'), logLevel: 'warn', build: { outDir, emptyOutDir: true } });
    // It says that importing has no side effects; without it bundlers keep more.
    copyFileSync(join(ROOT, 'package.json'), join(outDir, 'package.json'));
    return outDir;
  })();
  return built;
}

export default APPS.map(
  (app): Group => ({
    name: `size of ${app.name}`,
    unit: 'bytes',
    better: 'less',
    events: 1,
    rounds: 1,
    contenders: { 'min+gzip': async () => (await measure(app, await library())).bytes, budget: async () => app.budget },
    rows: [{ against: 'budget', goal: 1 }],
  }),
);
