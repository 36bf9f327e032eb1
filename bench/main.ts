import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type BenchBrowser, openBrowser } from './browser.js';
import type { Group } from './group.js';
import { measure } from './measure.js';
import { startAll } from './services.js';
import { chosenRows, contendersOf, judge, type Result } from './statistics.js';
import { summary, table } from './table.js';

const FILES = import.meta.glob<readonly Group[]>('./rows/*.ts', { eager: true, import: 'default' });
const QUICK = { rounds: 1, share: 1 / 100 };

/** See `run.mjs`. Resolves to the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = { quick: { type: 'boolean', default: false }, rounds: { type: 'string' }, json: { type: 'string' } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const jobs = Object.entries(FILES).flatMap(([path, groups]) => {
    const file = path.replace(/^.*\/|\.ts$/g, '');
    return groups.map((group) => ({ file, group, rows: chosenRows(group, positionals) })).filter(({ rows }) => rows.length > 0);
  });
  if (jobs.length === 0) {
    console.error(`No row has ${positionals.join(' or ')} in its name`);
    return 1;
  }
  let browser: BenchBrowser | undefined;
  const results: Result[] = [];
  const measured = [];
  try {
    for (const { file, group, rows } of jobs) {
      const began = performance.now();
      const { name, unit, better } = group;
      const events = values.quick ? Math.max(1, Math.ceil(group.events * QUICK.share)) : group.events;
      const rounds = values.quick ? QUICK.rounds : Number(values.rounds ?? group.rounds ?? 5);
      if (!file.endsWith('.node')) browser ??= await openBrowser();
      const services = await startAll(group.needs ?? []);
      const { urls } = services;
      const names = contendersOf(group, rows);
      const { figures, errors } = await measure({
        file,
        group,
        names,
        rounds,
        events,
        urls,
        browser: file.endsWith('.node') ? undefined : browser,
      }).finally(() => services[Symbol.asyncDispose]());
      results.push(...rows.map((row) => judge(group, row, figures, errors)));
      measured.push({ name, unit, better, rounds, events, figures, errors });
      console.error(`${name}: ${events} × ${rounds} rounds, ${((performance.now() - began) / 1000).toFixed(0)} s`);
    }
  } finally {
    await browser?.[Symbol.asyncDispose]();
  }
  const when = new Date().toISOString();
  const machine = { cpus: cpus().length, cpu: cpus()[0]?.model, node: process.versions.node, chromium: browser?.version };
  const path = values.json ?? fileURLToPath(new URL(`results/${when.replace(/[:.]/g, '-')}.json`, import.meta.url));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify({ when, quick: values.quick, ...machine, results, measured }, undefined, 2));
  console.log(`${table(results)}\n\n${summary(results)}\n${path}`);
  return results.some(({ verdict }) => verdict === 'NOT MEASURED') ? 1 : 0;
}
