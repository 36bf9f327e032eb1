/** `npm run size`: what an app pays for this library, minified and gzipped, against the budgets. Reads `dist`. */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));

/**
 * `beside`: a program that the app has anyway; what that takes is not counted. What the entry shares with chunks that come later is in the first.
 * @typedef {{ name: string, budget: number, counts: 'all' | 'first', program: string, beside?: string }} App
 */

const CORE = `
      import * as core from 'proxystream';
      Object.assign(globalThis, { ...core });`;

/** @type {App[]} */
export const APPS = [
  {
    name: 'proxystream + BroadcastChannel, in all',
    budget: 10_000,
    counts: 'all',
    program: `
      import { StreamConsumer, StreamProducer } from 'proxystream';
      import { BroadcastChannelPublisher, BroadcastChannelSubscriber } from 'proxystream/shims/broadcast-channel';
      Object.assign(globalThis, { StreamConsumer, StreamProducer, BroadcastChannelPublisher, BroadcastChannelSubscriber });`,
  },
  {
    name: 'proxystream + MQTT, first chunk',
    budget: 14_000,
    counts: 'first',
    program: `
      import { StreamConsumer, StreamProducer } from 'proxystream';
      import { MqttPublisher, MqttSubscriber } from 'proxystream/shims/mqtt';
      Object.assign(globalThis, { StreamConsumer, StreamProducer, MqttPublisher, MqttSubscriber });`,
  },
  {
    name: 'proxystream/log, beside the core',
    // What only pumps need comes later. The rest stores and reads, and is needed offline: it cannot.
    budget: 9000,
    counts: 'first',
    beside: CORE,
    program: `${CORE}
      import { openLog } from 'proxystream/log';
      Object.assign(globalThis, { openLog });`,
  },
  {
    name: 'proxystream/store, beside the core',
    budget: 4000,
    counts: 'all',
    beside: CORE,
    program: `${CORE}
      import { Store } from 'proxystream/store';
      Object.assign(globalThis, { Store });`,
  },
  {
    name: 'proxystream/filters, beside the core',
    budget: 3000,
    counts: 'all',
    beside: CORE,
    program: `${CORE}
      import { all, any, explain, not, workerFilters } from 'proxystream/filters';
      Object.assign(globalThis, { all, any, explain, not, workerFilters });`,
  },
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let withinBudget = true;
  for (const app of APPS) {
    const { bytes, later, eager } = await measure(app);
    const verdict = bytes > app.budget ? 'OVER BUDGET' : eager ? 'MQTT.JS IN THE FIRST CHUNK' : 'ok';
    if (verdict !== 'ok') withinBudget = false;
    const rest = later > 0 ? `, later ${kilobytes(later)}` : '';
    console.log(`${app.name.padEnd(48)} ${kilobytes(bytes)} of ${kilobytes(app.budget)}${rest}  ${verdict}`);
  }
  process.exitCode = withinBudget ? 0 : 1;
}

/**
 * What an app of the library in `dist` weighs: the bytes that its budget counts, those that come later, and whether mqtt.js is in the first chunk.
 * @param {App} app
 */
export async function measure({ counts, program, beside }, dist = DIST) {
  const app = await bundle(program, dist);
  const had = beside ? await bundle(beside, dist) : { first: [], lazy: [] };
  const first = gzipped(app.first) - gzipped(had.first);
  const later = gzipped(app.lazy) - gzipped(had.lazy);
  return { bytes: counts === 'all' ? first + later : first, later, eager: app.first.flatMap((chunk) => chunk.moduleIds).some(isMqtt) };
}

/** @param {string} program @param {string} dist */
async function bundle(program, dist) {
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    resolve: {
      alias: [
        { find: /^proxystream$/, replacement: `${dist}/index.js` },
        { find: /^proxystream\/(filters|log)$/, replacement: `${dist}/$1/index.js` },
        { find: /^proxystream\/(.+)$/, replacement: `${dist}/$1.js` },
      ],
    },
    plugins: [app(program)],
    build: { write: false, modulePreload: false, rolldownOptions: { input: 'app' } },
  });
  if (!('output' in result)) throw new Error('Expected one bundle of the app');
  const chunks = result.output.filter((file) => file.type === 'chunk');
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const first = new Set(chunks.filter((chunk) => chunk.isEntry));
  // A set that grows while it is walked: what is added is visited too.
  for (const chunk of first) {
    for (const fileName of chunk.imports) {
      const imported = byName.get(fileName);
      if (imported) first.add(imported);
    }
  }
  return { first: [...first], lazy: chunks.filter((chunk) => !first.has(chunk)) };
}

/** @param {string} program @returns {import('vite').Plugin} */
function app(program) {
  /** @type {Record<string, string>} */
  const sources = {
    app: program,
    // Vite's own helper around dynamic imports belongs to the app that is built with Vite, not to this library.
    '\0vite/preload-helper.js': 'export const __vitePreload = (load) => load();',
  };
  return { name: 'app', enforce: 'pre', resolveId: (id) => (id in sources ? id : undefined), load: (id) => sources[id] };
}

/** @param {string} id */
function isMqtt(id) {
  return /\/node_modules\/mqtt/.test(id);
}

/** @param {readonly { code: string }[]} chunks */
function gzipped(chunks) {
  return chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
