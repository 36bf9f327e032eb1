/** Small projects as a user would have them, with the package as npm would install it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Project extends Disposable {
  readonly folder: string;
}

let archive: Buffer | undefined;

/** What npm would publish. */
function packed(): Buffer {
  if (archive) return archive;
  if (!existsSync(join(ROOT, 'dist/index.js'))) throw new Error('There is no dist: npm run build');
  const folder = mkdtempSync(join(tmpdir(), 'proxystream-pack-'));
  try {
    const args = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
    execFileSync('npm', args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
    archive = readFileSync(join(folder, String(readdirSync(folder)[0])));
    return archive;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Throws when the library has not been built. */
export function createProject(files: Readonly<Record<string, string>>): Project {
  const folder = mkdtempSync(join(tmpdir(), 'proxystream-project-'));
  const installed = join(folder, 'node_modules/proxystream');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', '-', '-C', installed, '--strip-components=1'], { input: packed() });
  for (const dependency of ['mqtt', 'idb']) symlinkSync(join(ROOT, 'node_modules', dependency), join(folder, 'node_modules', dependency));
  const all = { 'package.json': '{ "name": "a-project", "private": true, "type": "module" }', ...files };
  for (const [name, content] of Object.entries(all)) writeFileSync(join(folder, name), content);
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
