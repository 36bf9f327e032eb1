/**
 * Finds the programs that the tests need besides Node: Chromium, Mosquitto and nginx.
 * Plain JavaScript on Node's own modules, because set-up uses it before anything is built.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

const CHROMIUM_NAMES = ['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser'];
const CHROMIUM_PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
// Debian keeps servers in /usr/sbin, which is not on every user's PATH.
const MOSQUITTO_PLACES = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto'];
const NGINX_PLACES = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx'];

/**
 * The Chromium to test in: `CHROMIUM_PATH`, else an installed one, else Playwright's own download.
 * @returns {string | undefined}
 */
export function findChromium() {
  const told = process.env.CHROMIUM_PATH;
  if (told) return runnable(told) ? told : undefined;
  return firstRunnable([...onPath(CHROMIUM_NAMES), ...CHROMIUM_PLACES, ...playwrightDownload()]);
}

/**
 * The real broker of the tests: `MOSQUITTO_PATH`, else an installed one.
 * @returns {string | undefined}
 */
export function findMosquitto() {
  const told = process.env.MOSQUITTO_PATH;
  if (told) return runnable(told) ? told : undefined;
  return firstRunnable([...onPath(['mosquitto']), ...MOSQUITTO_PLACES]);
}

/**
 * The real object server of the tests, with its WebDAV module: `NGINX_PATH`, else an installed one.
 * @returns {string | undefined}
 */
export function findNginx() {
  const told = process.env.NGINX_PATH;
  if (told) return runnable(told) ? told : undefined;
  return firstRunnable([...onPath(['nginx']), ...NGINX_PLACES]);
}

/**
 * How both test runners start Chromium: quiet on the network, and without a sandbox where it cannot have one.
 * @returns {{ executablePath?: string, args: string[] }}
 */
export function chromiumLaunch() {
  const executablePath = findChromium();
  const args = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-gpu'];
  // Chromium refuses to start its sandbox for root, and containers rarely have room in /dev/shm.
  if (process.getuid?.() === 0) args.push('--no-sandbox', '--disable-dev-shm-usage');
  return executablePath ? { executablePath, args } : { args };
}

/** @param {string[]} names */
function onPath(names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

/** @returns {string[]} */
function playwrightDownload() {
  try {
    return [createRequire(import.meta.url)('playwright-core').chromium.executablePath()];
  } catch {
    // Not installed, or without a browser for this system.
    return [];
  }
}

/** @param {string[]} paths */
function firstRunnable(paths) {
  return paths.find(runnable);
}

/** @param {string} path */
function runnable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
