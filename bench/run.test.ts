import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const LIMIT_MS = 60_000;

test('a quick bench measures tabs and the broker in real Chromium, prints the table and keeps the figures', { timeout: LIMIT_MS }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'proxystream-bench-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const json = join(folder, 'figures/quick.json');
  const { stdout, status } = bench('--quick', '--json', json, 'cross-tab: proxystream / arrays', 'a publish per event');
  expect(stdout).toMatch(/^cross-tab: proxystream \/ arrays of 256 .*×.* ≥ 0\.6×/m);
  expect(stdout).toMatch(/^mqtt: proxystream \/ mqtt\.js, a publish per event .*×.* ≥ 20×/m);
  expect(status).toBe(0);
  const { quick, machine, results, measured } = JSON.parse(readFileSync(json, 'utf8'));
  expect([quick, machine.chromium]).toEqual([true, expect.stringMatching(/^\d+\./)]);
  expect(results.map((result: { ratio: number }) => result.ratio > 0)).toEqual([true, true]);
  expect(measured[0]).toMatchObject({
    name: 'cross-tab',
    figures: { proxystream: [expect.any(Number)], 'arrays of 256': [expect.any(Number)] },
  });
});

test('a bench without a row of that name says so and fails', () => {
  const { stderr, status } = bench('no such row');
  expect(stderr).toContain('No row has no such row in its name');
  expect(status).toBe(1);
});

function bench(...args: readonly string[]) {
  const program = fileURLToPath(new URL('run.mjs', import.meta.url));
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', timeout: LIMIT_MS, killSignal: 'SIGTERM' });
}
