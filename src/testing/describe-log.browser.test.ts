import { afterAll, describe, it } from 'vitest';
import { logWorld, removeLog } from '../../e2e/pages/log-world.js';
import { openFarTab } from '../../e2e/pages/open-far-tab.js';
import { describeLog, farWorlds, type LogWish, type LogWorld } from './index.js';

const worker = new Worker(new URL('../../e2e/pages/far-log-worker.ts', import.meta.url), { type: 'module' });
const tabs = [openFarTab('log'), openFarTab('log')];

afterAll(() => {
  worker.terminate();
  for (const tab of tabs) tab.close();
});

type Open = (...wishes: [name: string, wish: LogWish, durability: 'relaxed' | 'strict']) => Promise<LogWorld>;

const inWorker: Open = farWorlds<LogWorld>(worker);
const [inTab = logWorld, inAnotherTab = logWorld]: Open[] = tabs.map(({ line }) => farWorlds<LogWorld>(line));

/** By its places in turn. */
const PLACES: readonly (readonly [where: string, places: readonly Open[]])[] = [
  ['in one tab', [logWorld]],
  ['in three tabs', [logWorld, inTab, inAnotherTab]],
  ['in a tab and a worker', [logWorld, inWorker]],
];

for (const durability of ['relaxed', 'strict'] as const) {
  for (const [where, places] of PLACES) {
    const open = (name: string, wish: LogWish, place: number) => (places[place % places.length] ?? logWorld)(name, wish, durability);
    describeLog(`the log in IndexedDB, ${durability}, ${where}`, { open, remove: removeLog }, { describe, it });
  }
}
