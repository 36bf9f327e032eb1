import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { publicModules } from '../scripts/public-modules.mjs';

const MAX_LINES = 250;
const SRC = fileURLToPath(new URL('.', import.meta.url));

/** What shims, filters, logs and connectors may stand on: the contract, and the helpers that know nobody. */
const CONTRACT = [
  'protocols',
  'events',
  'errors',
  'topic',
  'after',
  'check',
  'filter',
  'backlog',
  'mailbox',
  'gap',
  'payloads',
  'bell',
  'room',
  'codec',
  'codec-events',
  'codec-messages',
  'copy',
  'read-batch',
  'rough-bytes',
  'task',
  'unless-aborted',
];
const contract = new RegExp(`^(${CONTRACT.join('|')})$`);
/** Stores stand on the core, and nothing of it on them. */
const core = /^(?!store$)[^/]+$/;
/** What connectors share with each other and with stores. */
const CONNECTORS_SHARE = /^(protocols|events|errors|hex|unless-aborted|store\/(connector|integrity|key|sweeper))$/;

/** Who may import what, from the particular to the general; a module's own private folder is always open to it. */
const ARROWS: readonly { readonly who: RegExp; readonly may: RegExp }[] = [
  { who: /^index$/, may: /^([^/]+|filters\/(keep|sampling))$/ },
  { who: /^(after|check|copy|errors|iterate|unless-aborted)$/, may: /^$/ },
  { who: /^(topic|room)$/, may: /^(check|unless-aborted)$/ },
  { who: /^(protocols|events)$/, may: /^(errors|events|topic)$/ },
  { who: /^(backlog|bell|mailbox|gap|payloads)$/, may: /^(backlog|bell|check|errors|gap|iterate|payloads|protocols|room|unless-aborted)$/ },
  { who: core, may: core },
  { who: /^store(\/|$)/, may: /^[^/]+$|^store\// },
  { who: /^connectors\//, may: CONNECTORS_SHARE },
  { who: /^fixtures\//, may: core },
  { who: /^testing\//, may: /^[^/]+$|^filters\/|^store\// },
  { who: /\//, may: contract },
];

/** Packages, and who may use them. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  '@ucast/mongo2js': /^filters\/where/,
  'fast-check': /^fixtures\//,
  idb: /^(connectors\/indexed-db|log)\//,
  mqtt: /^shims\/mqtt\//,
};

interface Import {
  readonly specifier: string;
  readonly kind: 'static' | 'type' | 'dynamic';
}

const modules = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => /(?<!\.test)\.ts$/.test(file))
  .map((file) => readModule(file.replaceAll('\\', '/')));

describe('every module', () => {
  test('imports only what stands below it', () => {
    expect(importsThat(({ specifier }, { name }) => specifier.startsWith('.') && !mayImport(name, specifier))).toEqual([]);
  });

  test('uses only the packages that are its business', () => {
    expect(importsThat(({ specifier }, { name }) => !specifier.startsWith('.') && !PACKAGES[specifier]?.test(name))).toEqual([]);
  });

  test('leaves mqtt.js unloaded until it is needed', () => {
    expect(importsThat(({ specifier, kind }) => specifier === 'mqtt' && kind === 'static')).toEqual([]);
  });

  test(`has at most ${MAX_LINES} lines`, () => {
    expect(modules.filter(({ lines }) => lines > MAX_LINES).map(({ name, lines }) => `${name}: ${lines}`)).toEqual([]);
  });

  test('leaves nothing for later', () => {
    const later = /\bTODO\b|\bFIXME\b|@ts-ignore|@ts-expect-error|\bas any\b/;
    expect(modules.filter(({ source }) => later.test(source)).map(({ name }) => name)).toEqual([]);
  });
});

describe('index', () => {
  test('only passes names on', () => {
    const source = modules.find(({ name }) => name === 'index')?.source ?? '';
    expect(source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/export (type )?\{[^}]*\} from '[^']+';/g, '')).toMatch(/^\s*$/);
  });
});

describe('the public modules', () => {
  test('are all there', () => {
    const names = modules.map(({ name }) => name);
    expect(Object.keys(publicModules()).filter((subpath) => !names.includes(subpath))).toEqual([]);
  });

  test('include every shim and every connector', () => {
    const shims = modules.map(({ name }) => name).filter((name) => /^(shims|connectors)\/[^/]+$/.test(name));
    expect(Object.keys(publicModules())).toEqual(expect.arrayContaining(shims));
  });
});

type Module = (typeof modules)[number];

function importsThat(offend: (found: Import, by: Module) => boolean): string[] {
  return modules.flatMap((by) => by.imports.filter((found) => offend(found, by)).map(({ specifier }) => `${by.name} imports ${specifier}`));
}

function mayImport(name: string, specifier: string): boolean {
  const target = posix.join(posix.dirname(name), specifier).replace(/\.js$/, '');
  const [top, second] = name.split('/');
  const owner = top === 'shims' || top === 'connectors' ? `${top}/${second}` : top;
  if (name.includes('/') && (target === owner || target.startsWith(`${owner}/`))) return true;
  return ARROWS.find(({ who }) => who.test(name))?.may.test(target) ?? false;
}

function readModule(file: string) {
  const source = readFileSync(`${SRC}/${file}`, 'utf8');
  return { name: file.replace(/\.ts$/, ''), source, lines: source.trimEnd().split('\n').length, imports: importsOf(source) };
}

function importsOf(source: string): Import[] {
  const code = source.replace(/^\s*(\/\*\*|\*|\/\/).*$/gm, '');
  const declared = code.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm);
  const dynamic = code.matchAll(/\bimport\(\s*'([^']+)'/g);
  return [
    ...Array.from(declared, ([, type, specifier = '']): Import => ({ specifier, kind: type ? 'type' : 'static' })),
    ...Array.from(dynamic, ([, specifier = '']): Import => ({ specifier, kind: 'dynamic' })),
  ];
}
