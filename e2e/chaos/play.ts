/** Plays a schedule, and heals the world at its end. */
import { check, type Violation } from './check.js';
import type { Fact } from './facts.js';
import { heal } from './heal.js';
import type { Schedule, Step } from './schedule.js';
import { openWorld, type Staging, type World } from './world.js';

/** A step that waits for more than can come goes on after this. */
const HOPE_MS = 400;

export interface Round {
  readonly history: readonly Fact[];
  readonly times: readonly number[];
  readonly violations: readonly Violation[];
}

export async function play(schedule: Schedule, staging: Staging): Promise<Round> {
  await using world = await openWorld(schedule, staging);
  const { recorder } = world;
  for (const step of schedule.steps) {
    if (step.do !== 'publish' && step.do !== 'wait')
      recorder.tell({ is: 'fault', kind: step.do, destroys: destroys(step, schedule), ends: ends(step, world) });
    await perform(step, world);
    if (destroys(step, schedule)) recorder.tell({ is: 'destroyed' });
  }
  await heal(world, staging.patienceMs ?? 15_000);
  return { history: [...recorder.history], times: [...recorder.times], violations: check(recorder.history) };
}

function destroys(step: Step, { brokerDisk }: Schedule): boolean {
  return step.do === 'clear database' || (step.do === 'kill broker' && !brokerDisk);
}

/** The tabs in which nobody remembers anything afterwards. */
function ends(step: Step, { tabs }: World): string[] {
  if (step.do === 'kill browser') return tabs.map(({ name }) => name);
  if (!('tab' in step) || !/crash|close|reload|leave|stop/.test(step.do)) return [];
  return tabs.slice(step.tab, step.tab + 1).map(({ name }) => name);
}

async function perform(step: Step, world: World): Promise<unknown> {
  const { recorder, backstage, broker, wire } = world;
  switch (step.do) {
    case 'publish':
      return publish(world, step);
    case 'wait': {
      const { length } = recorder.history;
      const heard = (history: readonly Fact[]) => history.slice(length).filter(({ is }) => is === step.heard).length >= step.count;
      return recorder.until(heard, HOPE_MS);
    }
    case 'link':
      return wire?.set(step.fault);
    case 'kill browser':
      return restart(world);
    case 'kill broker':
      return broker?.kill();
    case 'start broker':
      return broker?.start();
    case 'clear database':
      return backstage.clearDatabase();
    case 'limit quota':
      return backstage.limitQuota();
    case 'lift quota':
      return backstage.liftQuota();
    default:
      return befall(step, world);
  }
}

type TabStep = Extract<Step, { readonly tab: number }>;

function befall(step: Exclude<TabStep, { do: 'publish' }>, { tabs, browser }: World): Promise<void> | void {
  const tab = tabs[step.tab];
  switch (step.do) {
    case 'crash':
      return tab?.crash();
    case 'close':
      return tab?.close();
    case 'open':
      return tab?.open(browser.context);
    case 'reload':
      return tab?.reload();
    case 'leave':
      return tab?.leave();
    case 'come back':
      return tab?.comeBack();
    case 'freeze':
      return tab?.freeze();
    case 'thaw':
      return tab?.thaw();
    case 'stop reading':
      return tab?.stopReading();
    case 'read again':
      return tab?.readAgain();
  }
}

/** Any number will do for a tab: it counts through those that publish. Where none does, the device outside does. */
function publish({ publishing, tabs, device }: World, { tab, count, bytes, together }: Extract<Step, { do: 'publish' }>): void {
  if (device) device.publish(count, bytes);
  else void tabs[publishing[tab % publishing.length] ?? 0]?.publish(count, bytes, together);
}

/** Every process of the browser dies at once. The tabs that were open are opened again, as a browser does that crashed. */
async function restart({ browser, backstage, tabs }: World): Promise<void> {
  const open = tabs.filter((tab) => tab.isOpen);
  await browser.kill();
  await browser.start();
  await backstage.reopen();
  for (const tab of open) await tab.open(browser.context);
}
