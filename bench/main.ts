import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type BenchBrowser, openBrowser } from './browser.js';
import type { Group } from './group.js';
import { type Extent, type Measured, measure } from './measure.js';
import { startAll } from './services.js';
import { chosenRows, contendersOf, judge, type Result } from './statistics.js';
import { summary, table } from './table.js';

const FILES = import.meta.glob<readonly Group[]>('./rows/*.ts', { eager: true, import: 'default' });
const ROUNDS = 5;
const QUICK_SHARE = 1 / 100;

/** See `run.mjs`. Resolves to the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = { quick: { type: 'boolean', default: false }, rounds: { type: 'string' }, json: { type: 'string' } } as const;
  const { values, positionals: names } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (values.rounds !== undefined && !/^[1-9]\d*$/.test(values.rounds))
    throw new TypeError(`--rounds takes a number, not ${values.rounds}`);
  const jobs = Object.entries(FILES).flatMap(([path, groups]) =>
    groups.map((group) => ({ file: path.replace(/^.*\/|\.ts$/g, ''), group, rows: chosenRows(group, names) })),
  );
  const results: Result[] = [];
  const measured = [];
  const browser = new LazyBrowser();
  try {
    for (const { file, group, rows } of jobs) {
      if (rows.length === 0) continue;
      const began = performance.now();
      const extent = values.quick ? quick(group) : { events: group.events, rounds: Number(values.rounds ?? group.rounds ?? ROUNDS) };
      const { figures, errors } = await measureGroup(group, file, contendersOf(group, rows), extent, browser);
      results.push(...rows.map((row) => judge(group, row, figures, errors)));
      measured.push({ name: group.name, unit: group.unit, better: group.better, ...extent, figures, errors });
      console.error(`${group.name}: ${extent.events} in ${extent.rounds} rounds, ${((performance.now() - began) / 1000).toFixed(0)} s`);
    }
  } finally {
    await browser.close();
  }
  if (results.length === 0) {
    console.error(`No row has ${names.join(' or ')} in its name`);
    return 1;
  }
  const when = new Date().toISOString();
  const machine = { cpus: cpus().length, cpu: cpus()[0]?.model, node: process.versions.node, chromium: browser.version };
  const path = values.json ?? fileURLToPath(new URL(`results/${when.replace(/[:.]/g, '-')}.json`, import.meta.url));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify({ when, quick: values.quick, machine, results, measured }, undefined, 2));
  console.log(`${table(results)}\n\n${summary(results)}\n${path}`);
  return results.some(({ verdict }) => verdict === 'NOT MEASURED') ? 1 : 0;
}

/** Never rejects: a broker that is not installed, say, is why this group could not be measured, and no reason not to measure the others. */
async function measureGroup(group: Group, file: string, names: string[], extent: Extent, lazy: LazyBrowser): Promise<Measured> {
  try {
    const browser = file.endsWith('.node') ? undefined : await lazy.open();
    const services = await startAll(group.needs ?? []);
    try {
      return await measure({ file, group, names, ...extent, urls: services.urls, browser });
    } finally {
      await services[Symbol.asyncDispose]();
    }
  } catch (error) {
    return { figures: {}, errors: Object.fromEntries(names.map((name) => [name, String(error)])) };
  }
}

/** Opened once, for whoever needs it first. */
class LazyBrowser {
  #browser: BenchBrowser | undefined;

  get version(): string | undefined {
    return this.#browser?.version;
  }

  async open(): Promise<BenchBrowser> {
    this.#browser ??= await openBrowser();
    return this.#browser;
  }

  async close(): Promise<void> {
    await this.#browser?.[Symbol.asyncDispose]();
  }
}

/** Says only that it runs. */
function quick({ events }: Group): Extent {
  return { events: Math.max(1, Math.ceil(events * QUICK_SHARE)), rounds: 1 };
}
