import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SETUP = fileURLToPath(new URL('setup.mjs', import.meta.url));

test('set-up finds every program that the tests need, and says where', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SETUP], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout.match(/^\w+(?=: \/)/gm)).toEqual(['Chromium', 'Mosquitto', 'nginx']);
  expect(status).toBe(0);
});

test.each([
  ['Chromium', 'chromium', 'CHROMIUM_PATH'],
  ['Mosquitto', 'mosquitto', 'MOSQUITTO_PATH'],
  ['nginx', 'nginx', 'NGINX_PATH'],
])('set-up names %s in one line where it is not', (name, debianPackage, variable) => {
  const { status, stderr } = spawnSync(process.execPath, [SETUP], { encoding: 'utf8', env: { ...process.env, [variable]: '/nowhere' } });
  expect(stderr).toBe(`No ${name} that runs was found. Run: sudo apt-get install ${debianPackage} (or let ${variable} name it)\n`);
  expect(status).toBe(1);
});
