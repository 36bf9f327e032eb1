/** `npm run setup`: sees to it that a real Chromium, a real Mosquitto and a real nginx are there. Says in one line what is missing when it cannot. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium, findMosquitto, findNginx } from './programs.mjs';

const isRoot = process.getuid?.() === 0;
const hasApt = existsSync('/usr/bin/apt-get');

/** @type {{ name: string, package: string, variable: string, find: () => string | undefined, runs: (path: string) => boolean, download?: string[] }[]} */
const PROGRAMS = [
  {
    name: 'Chromium',
    package: 'chromium',
    variable: 'CHROMIUM_PATH',
    find: findChromium,
    // Some distributions ship a stand-in that only says what to install.
    runs: (path) => /\d+\.\d+/.test(output(path, ['--version'])),
    download: ['playwright', 'install', 'chromium'],
  },
  {
    name: 'Mosquitto',
    package: 'mosquitto',
    variable: 'MOSQUITTO_PATH',
    find: findMosquitto,
    runs: (path) => output(path, ['-h']).includes('mosquitto version'),
  },
  {
    name: 'nginx',
    package: 'nginx',
    variable: 'NGINX_PATH',
    find: findNginx,
    runs: (path) => output(path, ['-V']).includes('http_dav_module'),
  },
];

const absent = PROGRAMS.filter((program) => !here(program) && !process.env[program.variable]);
if (absent.length > 0 && isRoot && hasApt) installPackages(absent.map((program) => program.package));
for (const program of absent) {
  if (!here(program) && program.download) run('npx', program.download);
}

const missing = PROGRAMS.filter((program) => !here(program));
for (const program of PROGRAMS) if (!missing.includes(program)) console.log(`${program.name}: ${program.find()}`);
if (missing.length > 0) {
  const names = missing.map(({ name }) => name).join(' and ');
  const paths = missing.map(({ variable }) => variable).join(' and ');
  const install = `sudo apt-get install ${missing.map((program) => program.package).join(' ')}`;
  console.error(`No ${names} that runs was found. Run: ${install} (or let ${paths} name ${missing.length > 1 ? 'them' : 'it'})`);
  process.exit(1);
}

/** @param {(typeof PROGRAMS)[number]} program */
function here({ find, runs }) {
  const path = find();
  return path !== undefined && runs(path);
}

/** @param {string[]} names */
function installPackages(names) {
  console.log(`Installing ${names.join(' and ')} with apt-get`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], env);
  run('apt-get', ['install', '-qq', '-y', '--no-install-recommends', ...names], env);
}

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function run(command, args, env = process.env) {
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0;
}

/** @param {string} command @param {string[]} args */
function output(command, args) {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return `${stdout ?? ''}${stderr ?? ''}`;
}
