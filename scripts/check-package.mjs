/**
 * `npm run check:package`: packs the library as npm would, puts it into an empty project and uses it there:
 * every public module is imported in plain Node and type-checked, private modules stay out of reach.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publicModules } from './public-modules.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODULES = join(ROOT, 'node_modules');

const project = mkdtempSync(join(tmpdir(), 'proxystream-consumer-'));
try {
  install();
  const specifiers = Object.keys(publicModules()).map((subpath) => `proxystream/${subpath}`.replace(/\/index$/, ''));
  importInNode(specifiers);
  for (const [module, moduleResolution] of [
    ['esnext', 'bundler'],
    ['node16', 'node16'],
  ]) {
    checkTypes(specifiers, { module, moduleResolution });
  }
  console.log(`Packed, imported in Node ${process.versions.node} and type-checked: ${specifiers.join(', ')}`);
} finally {
  rmSync(project, { recursive: true, force: true });
}

function install() {
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', project], ROOT);
  const archive = readdirSync(project).find((file) => file.endsWith('.tgz'));
  const installed = join(project, 'node_modules/proxystream');
  mkdirSync(installed, { recursive: true });
  run('tar', ['-xzf', join(project, String(archive)), '-C', installed, '--strip-components=1']);
  const { dependencies, peerDependencies = {} } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  for (const name of ['@types/node', ...Object.keys({ ...dependencies, ...peerDependencies })]) {
    const place = join(project, 'node_modules', name);
    mkdirSync(join(place, '..'), { recursive: true });
    symlinkSync(join(MODULES, name), place);
  }
  writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }');
}

/** @param {string[]} specifiers */
function importInNode(specifiers) {
  const lines = specifiers.map(
    (specifier) => `if (Object.keys(await import('${specifier}')).length === 0) throw new Error('${specifier} exports nothing');`,
  );
  const refused = (/** @type {string} */ specifier) => `
    try { import.meta.resolve('${specifier}'); throw new Error('${specifier} can be imported: hide its folder in exports of package.json') }
    catch (error) { if (error.code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error }`;
  lines.push(...privateModules().map(refused));
  writeFileSync(join(project, 'import.mjs'), lines.join('\n'));
  run(process.execPath, ['import.mjs']);
}

function privateModules() {
  const built = readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  const shown = publicModules();
  return built
    .map((file) => file.replace(/\.js$/, ''))
    .filter((subpath) => !(subpath in shown))
    .map((subpath) => `proxystream/${subpath}`);
}

/** @param {string[]} specifiers @param {Record<string, unknown>} options */
function checkTypes(specifiers, options) {
  const source = specifiers.map((specifier, index) => `import * as module${index} from '${specifier}';\nexport { module${index} };`);
  writeFileSync(join(project, 'consumer.ts'), source.join('\n'));
  const compilerOptions = {
    ...options,
    target: 'es2023',
    lib: ['esnext', 'dom', 'dom.iterable'],
    strict: true,
    noEmit: true,
    types: ['node'],
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  run(process.execPath, [join(MODULES, 'typescript/bin/tsc'), '-p', '.']);
}

/** @param {string} command @param {string[]} args */
function run(command, args, cwd = project) {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}
