/** Ends every fault, and waits until everything works again and everything promised has come. */
import { setTimeout as delay } from 'node:timers/promises';
import { check } from './check.js';
import { factsThat } from './facts.js';
import type { World } from './world.js';

const LAST_WORDS = 3;
/** A whole history is judged no more often: whoever tells of something waits meanwhile. */
const LOOK_MS = 100;
/** What goes on for so many times the patience goes on for ever. */
const ENDLESS = 8;

/** Settles when all is well, or when nothing more was promised or delivered for that long. */
export async function heal(world: World, patienceMs: number): Promise<void> {
  const { recorder, tabs } = world;
  await makeWell(world);
  // What a broker has forgotten it delivers to nobody until it is asked again.
  for (const [i, tab] of tabs.entries())
    if (!(await tab.ready(patienceMs))) recorder.tell({ is: 'stuck', what: `tab${i} does not become ready` });
  recorder.tell({ is: 'healed' });
  const { length } = recorder.history;
  const spoken = await lastWords(world);
  const well = () =>
    factsThat(recorder.history.slice(length), 'offered').length >= spoken &&
    !check(recorder.history).some(({ rule }) => rule === 'lost' || rule === 'stuck');
  const moved = () => factsThat(recorder.history, 'promised').length + factsThat(recorder.history, 'delivered').length;
  await comesTrue(well, moved, patienceMs);
  for (const [i, tab] of tabs.entries()) {
    if (!(await tab.settled(patienceMs)))
      recorder.tell({ is: 'stuck', what: `tab${i} has promises that never settled, or a cursor that stays behind` });
  }
  // Tabs that were still busy with what was asked of them before have said more since then.
  await comesTrue(well, moved, patienceMs);
  await oneConnectionPerPump(world, patienceMs);
}

/** How fast a machine is says nothing about what it loses: only who stands still for so long is given up. */
async function comesTrue(well: () => boolean, moved: () => number, patienceMs: number): Promise<void> {
  const end = Date.now() + ENDLESS * patienceMs;
  let last = { moved: moved(), at: Date.now() };
  while (!well() && Date.now() < end && Date.now() - last.at < patienceMs) {
    await delay(LOOK_MS);
    if (moved() !== last.moved) last = { moved: moved(), at: Date.now() };
  }
}

async function makeWell({ tabs, browser, broker, wire, backstage }: World): Promise<void> {
  await backstage.liftQuota();
  await wire?.set({ kind: 'pass' });
  await broker?.start();
  for (const tab of tabs) {
    await tab.thaw();
    await tab.comeBack();
    await tab.open(browser.context);
    tab.readAgain();
  }
}

/** Everybody who publishes has begun to publish once more. How many messages that is. */
async function lastWords({ device, publishing, tabs }: World): Promise<number> {
  device?.publish(LAST_WORDS, 20);
  await Promise.all(publishing.map((tab) => tabs[tab]?.publish(LAST_WORDS, 20, false)));
  return (device ? 1 : publishing.length) * LAST_WORDS;
}

async function oneConnectionPerPump({ wire, pumps, recorder }: World, patienceMs: number): Promise<void> {
  if (!wire) return;
  for (const deadline = Date.now() + patienceMs; wire.counts().open > pumps; await delay(10)) {
    if (Date.now() < deadline) continue;
    recorder.tell({ is: 'stuck', what: `${wire.counts().open} connections for ${pumps} pump(s)` });
    return;
  }
}
