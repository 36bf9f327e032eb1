import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = readFileSync(`${ROOT}README.md`, 'utf8');

/** What the README's programs take as given. */
const GIVEN = `
declare global {
  interface Quake { mag: number; place: string }
  interface Reading { celsius: number }
  const quake: Quake;
  interface Tile { pixels: Uint8Array }
  const tile: Tile;
  const worker: Worker;
  const descriptor: import('proxystream/store').ProxyDescriptor;
  const publisher: import('proxystream').Publisher;
  const subscriber: import('proxystream').EventSubscriber;
  const url: string;
  const signal: AbortSignal;
  const transform: TransformStream<Quake, Quake>;
  const draw: (...what: unknown[]) => void;
  const show: (what: unknown) => void;
  const work: (quake: Quake) => Promise<void>;
  const fetchToken: () => Promise<{ username: string; password: string }>;
  const wire: {
    acknowledge(messages: readonly object[]): void;
    onMessage(listener: (topic: string, payload: Uint8Array) => void): void;
  };
  const consumer: import('proxystream').StreamConsumer<Quake>;
  const producer: import('proxystream').StreamProducer<Quake>;
}
export {};`;

const QUAKE_FILTERS = `
import { serveFilters } from 'proxystream/filters/worker';
export default serveFilters({ weak: (m: Quake) => m.mag < 2.5, far: (m: Quake, { km }: { km: number }) => m.place.length > km });`;

const MY_SHIM = `
declare module 'my-shim' {
  export const MyPublisher: new () => import('proxystream').Publisher;
  export const MySubscriber: new (filter: string) => import('proxystream').BatchSubscriber;
}`;

test('the README’s programs are valid, types included', () => {
  const programs = Array.from(README.matchAll(/^```ts\n([\s\S]*?)^```$/gm), ([, program = '']) => program);
  expect(programs.length).toBeGreaterThan(4);
  expect(typeErrors(programs)).toBe('');
});

test('the README names only scripts that there are', () => {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { scripts: Record<string, string> };
  const named = Array.from(README.matchAll(/npm run ([\w:]+)/g), ([, name = '']) => name);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test('the README shows and links only files that there are', () => {
  const linked = Array.from(README.matchAll(/\]\((?!https?:)([^)#]+)/g), ([, path = '']) => path);
  const mentioned = Array.from(README.matchAll(/\b((?:src|docs|e2e|demo|bench)\/[\w./-]*\w)/g), ([, path = '']) => path);
  expect([...linked, ...mentioned].filter((path) => !existsSync(`${ROOT}${path}`))).toEqual([]);
});

test('the README is short', () => {
  expect(README.split('\n').length).toBeLessThan(250);
});

/** What the compiler says of them. */
function typeErrors(programs: readonly string[]): string {
  mkdirSync(`${ROOT}test-results`, { recursive: true });
  const folder = mkdtempSync(`${ROOT}test-results/readme-`);
  try {
    writeFileSync(join(folder, 'given.d.ts'), GIVEN);
    writeFileSync(join(folder, 'my-shim.d.ts'), MY_SHIM);
    writeFileSync(join(folder, 'quake-filters.ts'), QUAKE_FILTERS);
    for (const [i, program] of programs.entries()) writeFileSync(join(folder, `program-${i}.ts`), `${program}\nexport {};\n`);
    const paths = {
      proxystream: ['../../src/index.ts'],
      'proxystream/testing': ['../../src/testing/index.ts'],
      'proxystream/filters': ['../../src/filters/index.ts'],
      'proxystream/*': ['../../src/*'],
    };
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.json', compilerOptions: { paths }, include: ['*.ts'] }),
    );
    execFileSync(process.execPath, [`${ROOT}node_modules/typescript/bin/tsc`, '-p', folder], { encoding: 'utf8' });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
