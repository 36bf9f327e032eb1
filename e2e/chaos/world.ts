/** Everything that one round plays in: a browser's tabs, a broker and the wire to it, and who is at its other end. */
import type { FaultProxy } from '../support/index.js';
import { Backstage } from './backstage.js';
import { type Mutant, PARTS } from './cast.js';
import type { House } from './house.js';
import { type MortalBroker, startMortalBroker } from './mortal-broker.js';
import { archive, device } from './outside.js';
import type { OwnBrowser } from './own-browser.js';
import { type Recorder, startRecorder } from './recorder.js';
import type { Schedule } from './schedule.js';
import { Tab } from './tab.js';

export interface World extends AsyncDisposable {
  readonly recorder: Recorder;
  readonly browser: OwnBrowser;
  readonly backstage: Backstage;
  readonly tabs: readonly Tab[];
  /** Indexes of the tabs that publish. */
  readonly publishing: readonly number[];
  readonly broker: MortalBroker | undefined;
  /** Between the tabs and the broker. */
  readonly wire: FaultProxy | undefined;
  /** How many connections there should be through it once all is well: one for each pump. */
  readonly pumps: number;
  readonly device: ReturnType<typeof device> | undefined;
}

export interface Staging {
  readonly browser: OwnBrowser;
  readonly house: House;
  readonly mutant?: Mutant | undefined;
  /** How long a healed world may take until all is well. Default 15 s. */
  readonly patienceMs?: number;
}

let rounds = 0;

/** Settles when all tabs are there and read. */
export async function openWorld(schedule: Schedule, staging: Staging): Promise<World> {
  const opened: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of opened.reverse()) await end();
  };
  try {
    return { ...(await open(schedule, staging, opened)), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  { topology, durability, brokerDisk }: Schedule,
  { browser, house, mutant }: Staging,
  opened: (() => Promise<unknown>)[],
): Promise<Omit<World, typeof Symbol.asyncDispose>> {
  const closing = <T>(part: T, close: (part: T) => Promise<unknown>): T => {
    opened.push(() => close(part));
    return part;
  };
  const topics = `c${process.pid.toString(36)}-${++rounds}`;
  const origin = house.origin(topics);
  const recorder = closing(await startRecorder(), (it) => it.close());
  const broker = topology === 'tabs' ? undefined : closing(await startMortalBroker(brokerDisk), (it) => it.stop());
  const wire = broker?.wire;
  const backstage = closing(await Backstage.open(browser, origin), (it) => it.close());
  const outside = topology === 'inbox' && broker ? closing(device(broker.tcpUrl, topics, recorder), (it) => it.close()) : undefined;
  if (topology === 'outbox' && broker) closing(await archive(broker.tcpUrl, topics, recorder), (it) => it.close());

  const parts = PARTS[topology];
  const told = { recorder: recorder.url, topics, durability, broker: wire?.url, mutant };
  const tabs = parts.map((part, i) => closing(new Tab(origin, { tab: `tab${i}`, ...told, ...part }), (it) => it.close()));
  for (const tab of tabs) await tab.open(browser.context);
  await reading(recorder, new Set(parts.flatMap(({ reads }) => reads?.cursor ?? [])));
  const publishing = parts.flatMap(({ publishes }, i) => (publishes ? [i] : []));
  const pumps = [...new Set(parts.flatMap(({ publishes, reads }) => [publishes, reads?.from]))].filter(
    (via) => via === 'outbox' || via === 'inbox',
  ).length;
  return { recorder, browser, backstage, tabs, publishing, broker, wire, pumps, device: outside };
}

async function reading(recorder: Recorder, cursors: ReadonlySet<string>): Promise<void> {
  for (const cursor of cursors) {
    const begun = await recorder.until((history) => history.some((fact) => fact.is === 'reading' && fact.cursor === cursor), 10_000);
    if (!begun) recorder.tell({ is: 'stuck', what: `nobody has begun to read as ${cursor}` });
  }
}
