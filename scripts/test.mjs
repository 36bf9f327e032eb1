/** `npm test`: everything, in order, nothing skipped. The last line says how many tests passed and failed. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Far beyond what any step needs: a step that hangs fails, and the sums are still printed.
const LIMIT_MS = 40 * 60_000;
const UNIT_REPORT = 'test-results/reports/unit.json';
const E2E_REPORT = 'test-results/reports/e2e.json';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
rmSync('test-results', { recursive: true, force: true });

for (const script of ['setup', 'lint', 'typecheck', 'build', 'check:package', 'size']) {
  if (!run('npm', ['run', '--silent', script], script)) finish({ passed: 0, failed: 1, skipped: 0 });
}

const unit = runTests(
  'vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${UNIT_REPORT}`],
  UNIT_REPORT,
  countUnit,
);
const e2e = runTests('playwright', ['test'], E2E_REPORT, countE2e);
finish({ passed: unit.passed + e2e.passed, failed: unit.failed + e2e.failed, skipped: unit.skipped + e2e.skipped });

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   testResults: { status: string, assertionResults: unknown[] }[] }} UnitReport
 * @typedef {{ stats: { expected: number, unexpected: number, flaky: number, skipped: number }, errors: unknown[] }} E2eReport
 */

/** @returns {Counts} */
function countUnit() {
  /** @type {UnitReport} */
  const report = read(UNIT_REPORT);
  const unloadable = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloadable.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** @returns {Counts} */
function countE2e() {
  /** @type {E2eReport} */
  const { stats, errors } = read(E2E_REPORT);
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + errors.length, skipped: stats.skipped };
}

/** @param {string} runner @param {string[]} args @param {string} report @param {() => Counts} count */
function runTests(runner, args, report, count) {
  const succeeded = run('npx', ['--no-install', runner, ...args], runner);
  const counts = existsSync(report) ? count() : { passed: 0, failed: 1, skipped: 0 };
  // An error outside any test fails the run without failing a test.
  return succeeded || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

/** @param {string} command @param {string[]} args @param {string} title */
function run(command, args, title) {
  console.log(`\n── ${title}`);
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], timeout: LIMIT_MS, killSignal: 'SIGKILL' }).status === 0;
}

/** @param {string} path */
function read(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** @param {Counts} counts @returns {never} */
function finish({ passed, failed, skipped }) {
  // A skipped test proves nothing, so it counts against the run.
  if (skipped > 0) console.log(`\n${skipped} skipped, counted as failed`);
  console.log(`\n${passed} passed, ${failed + skipped} failed`);
  process.exit(failed + skipped > 0 ? 1 : 0);
}
