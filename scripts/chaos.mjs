/**
 * `npm run chaos -- --rounds 500 --seed 1`: plays so many rounds of the tests that try to lose data, from this seed on, each with the next.
 * Without a seed it draws one, and says which. A round that fails prints its seed, its schedule and the shortest schedule found that fails, too.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '40' }, seed: { type: 'string' } } });
const seed = values.seed ?? String(Math.floor(Math.random() * 1e9));
for (const [name, value] of Object.entries({ rounds: values.rounds, seed })) {
  if (!/^\d+$/.test(value)) {
    console.error(`--${name} must be a whole number, not ${value}`);
    process.exit(1);
  }
}
console.log(`${values.rounds} rounds from seed ${seed} on`);
const { status } = spawnSync('npx', ['--no-install', 'playwright', 'test', 'chaos.spec', '--reporter=list'], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  env: { ...process.env, CHAOS_ROUNDS: values.rounds, CHAOS_SEED: seed },
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.exit(status ?? 1);
