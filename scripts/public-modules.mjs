import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * The modules that people import, by subpath (`index`, `shims/mqtt`), as `exports` in package.json shows them.
 * A pattern (`./shims/*`) shows each file of its folder, so a new file there needs no other change.
 * @returns {Record<string, string>} subpath → source file
 */
export function publicModules() {
  /** @type {{ exports: Record<string, { default: string } | string | null> }} */
  const { exports } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'));
  const built = Object.values(exports).flatMap((target) => (target && typeof target === 'object' ? target.default : []));
  const subpaths = built.map((path) => path.replace(/^\.\/dist\/(.+)\.js$/, '$1')).flatMap(filesOf);
  return Object.fromEntries(subpaths.map((subpath) => [subpath, `${ROOT}/src/${subpath}.ts`]));
}

/** @param {string} subpath */
function filesOf(subpath) {
  if (!subpath.endsWith('/*')) return subpath;
  const folder = subpath.slice(0, -2);
  if (!existsSync(`${ROOT}/src/${folder}`)) return [];
  const modules = readdirSync(`${ROOT}/src/${folder}`).filter((file) => /(?<!\.test|\.d)\.ts$/.test(file));
  return modules.map((file) => `${folder}/${file.replace(/\.ts$/, '')}`);
}
