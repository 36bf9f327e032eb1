import { afterAll, describe, it } from 'vitest';
import { broadcastSupport, broadcastWorld } from '../../e2e/pages/broadcast-world.js';
import { openFarTab } from '../../e2e/pages/open-far-tab.js';
import { describeShim, farWorlds } from '../testing/index.js';

const worker = new Worker(new URL('../../e2e/pages/far-worker.ts', import.meta.url), { type: 'module' });
const inWorker = farWorlds(worker);
const tab = openFarTab();
const inTab = farWorlds(tab.line);

afterAll(() => {
  worker.terminate();
  tab.close();
});

const supports = broadcastSupport;
const runner = { describe, it };

describeShim('BroadcastChannel within one page', { supports, open: (buffer) => broadcastWorld(crypto.randomUUID(), buffer) }, runner);

for (const [where, openThere] of [
  ['a worker', inWorker],
  ['another tab', inTab],
] as const) {
  describeShim(
    `BroadcastChannel with publishers in ${where}`,
    { supports, open: (buffer) => split(openThere, buffer, 'publisher') },
    runner,
  );
  describeShim(
    `BroadcastChannel with subscribers in ${where}`,
    { supports, open: (buffer) => split(openThere, buffer, 'subscriber') },
    runner,
  );
}

/** One channel, two contexts: `far` ends are made there, the others here. */
async function split(openThere: ReturnType<typeof farWorlds>, buffer: object, far: 'publisher' | 'subscriber') {
  const channel = crypto.randomUUID();
  const there = await openThere(channel, buffer);
  return { ...broadcastWorld(channel, buffer), [far]: there[far] };
}
