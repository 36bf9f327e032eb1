/** Ends every fault, and waits until everything works again and everything promised has come. */
import { setTimeout as delay } from 'node:timers/promises';
import { check } from './check.js';
import { type Fact, factsThat } from './facts.js';
import type { World } from './world.js';

const LAST_WORDS = 3;

export async function heal(world: World, patienceMs: number): Promise<void> {
  const { recorder, tabs } = world;
  await makeWell(world);
  recorder.tell({ is: 'healed' });
  const { length } = recorder.history;
  const spoken = lastWords(world);
  const offered = (history: readonly Fact[]) => factsThat(history.slice(length), 'offered').length >= spoken;
  const well = (history: readonly Fact[]) => offered(history) && !check(history).some(({ rule }) => rule === 'lost' || rule === 'stuck');
  await recorder.until(well, patienceMs);
  for (const [i, tab] of tabs.entries()) {
    if (!(await tab.settled(patienceMs)))
      recorder.tell({ is: 'stuck', what: `tab${i} has promises that never settled, or a cursor that stays behind` });
  }
  await oneConnectionPerPump(world, patienceMs);
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

/** Everybody who publishes publishes once more. How many messages that is. */
function lastWords({ device, publishing, tabs }: World): number {
  device?.publish(LAST_WORDS, 20);
  for (const tab of publishing) tabs[tab]?.publish(LAST_WORDS, 20, false);
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
