/** The log: storing, replaying, and from tab to tab, against what people store events with; and what a long run leaves in memory. */
import Dexie, { type Table } from 'dexie';
import { StreamConsumer, StreamError, StreamProducer } from 'proxystream';
import { type Log, openLog } from 'proxystream/log';
import { bursts, type SmallEvent, smallEvents, Tally } from '../events.js';
import type { Contender, Group, Role } from '../group.js';
import crossTab from './cross-tab.js';

/** What a program has to store at a time. */
const BURST = 500;
/** Dexie's fastest on disk here, with messages as with objects: 48,000 to 97,000 events/s; 45,000 to 72,000 in pages of 100, 42,000 with `each`, about 30,000 from 1,000 on. */
const PAGE = 250;
/** Arrays of a burst each that are read at once. */
const ARRAYS = 4;

/** 256 bytes as JSON. */
interface StoredEvent extends SmallEvent {
  readonly note: string;
}

const MESSAGE_BYTES = 256;
const [COMMA, ZERO] = [44, 48];

function storedEvents(count: number): StoredEvent[] {
  return smallEvents(count).map((event) => ({ ...event, note: 'x'.repeat(256 - JSON.stringify(event).length - ',"note":""'.length) }));
}

/** The same, encoded. */
function messages(count: number): Uint8Array[] {
  return storedEvents(count).map((event) => new TextEncoder().encode(JSON.stringify(event)));
}

/** As who uses Dexie keeps them. */
function records(count: number): { payload: Uint8Array }[] {
  return messages(count).map((payload) => ({ payload }));
}

async function publish(log: Log, list: readonly (readonly Uint8Array[])[]): Promise<void> {
  const publisher = log.publisher();
  for (const burst of list) await Promise.all(burst.map((message) => publisher.send('quakes', message)));
}

const append: Role = async ({ events, name, start, stop }) => {
  await using log = await openLog(name);
  const list = bursts(messages(events), BURST);
  start();
  await publish(log, list);
  stop();
};

async function fill(log: Log, events: readonly StoredEvent[]): Promise<void> {
  const producer = new StreamProducer<StoredEvent>(log.publisher());
  for (const burst of bursts(events, BURST)) await Promise.all(burst.map((event) => producer.send('quakes', event)));
}

const appendObjects: Role = async ({ events, name, start, stop }) => {
  await using log = await openLog(name);
  const list = storedEvents(events);
  start();
  await fill(log, list);
  stop();
};

function openDexie<T>(name: string): Dexie & { events: Table<T, number> } {
  const dexie = new Dexie(name) as Dexie & { events: Table<T, number> };
  dexie.version(1).stores({ events: '++seq' });
  return dexie;
}

function dexie<T>(make: (count: number) => T[]): Role {
  return async ({ events, name, start, stop }) => {
    const database = openDexie<T>(name);
    await database.open();
    const list = bursts(make(events), BURST);
    start();
    for (const burst of list) await database.events.bulkAdd(burst);
    stop();
    database.close();
  };
}

function openArrays(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onupgradeneeded = () => request.result.createObjectStore('events', { autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function putArrays(database: IDBDatabase, list: readonly unknown[][]): Promise<void> {
  for (const burst of list) {
    await new Promise<void>((resolve, reject) => {
      const tx = database.transaction('events', 'readwrite', { durability: 'relaxed' });
      tx.objectStore('events').put(burst);
      tx.oncomplete = () => resolve();
      tx.onabort = () => reject(tx.error);
    });
  }
}

/** As fast as IndexedDB is for whoever writes the rest by hand: no offsets, no cursors, no bound. */
function arrays<T>(make: (count: number) => T[]): Role {
  return async ({ events, name, start, stop }) => {
    const database = await openArrays(name);
    const list = bursts(make(events), BURST);
    start();
    await putArrays(database, list);
    stop();
    database.close();
  };
}

const replay: Role = async ({ events, name, start, stop }) => {
  const writing = await openLog(name);
  await fill(writing, storedEvents(events));
  await writing.close();
  await using log = await openLog(name);
  const tally = new Tally(events);
  start();
  for await (const event of new StreamConsumer<StoredEvent>(log.subscriber('quakes', { from: 'start' }))) if (tally.take(event)) break;
  stop();
};

/** Looks at a message as `Tally` does at an event. */
function takeMessage(tally: Tally, message: Uint8Array): void {
  let n = 0;
  for (let at = '{"n":'.length; message[at] !== COMMA; at++) n = n * 10 + (message[at] as number) - ZERO;
  if (message.length !== MESSAGE_BYTES) throw new Error(`Message ${n} has ${message.length} bytes`);
  tally.takeNumber(n);
}

const replayMessages: Role = async ({ events, name, start, stop }) => {
  const writing = await openLog(name);
  await publish(writing, bursts(messages(events), BURST));
  await writing.close();
  await using log = await openLog(name);
  const tally = new Tally(events);
  start();
  for await (const batch of log.subscriber('quakes', { from: 'start' }).batches()) {
    for (const message of batch.messages) {
      if (message instanceof StreamError) throw message;
      takeMessage(tally, message.payload);
    }
    if (tally.done) break;
  }
  stop();
};

function replayDexie<T>(make: (count: number) => T[], take: (tally: Tally, event: T) => void): Role {
  return async ({ events, name, start, stop }) => {
    const database = openDexie<T>(name);
    for (const burst of bursts(make(events), BURST)) await database.events.bulkAdd(burst);
    const tally = new Tally(events);
    start();
    for (let last = 0; !tally.done; last += PAGE) {
      for (const event of await database.events.where('seq').above(last).limit(PAGE).toArray()) take(tally, event);
    }
    stop();
    database.close();
  };
}

/** The next are asked for while these are looked at, as fast as it goes here. */
const replayArrays: Role = async ({ events, name, start, stop }) => {
  const database = await openArrays(name);
  await putArrays(database, bursts(storedEvents(events), BURST));
  const tally = new Tally(events);
  const read = (after: number) =>
    new Promise<StoredEvent[][]>((resolve, reject) => {
      const range = IDBKeyRange.lowerBound(after, true);
      const request = database.transaction('events').objectStore('events').getAll(range, ARRAYS);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  start();
  let page = read(0);
  for (let last = ARRAYS; !tally.done; last += ARRAYS) {
    const next = read(last);
    for (const burst of await page) tally.takeAll(burst);
    page = next;
  }
  stop();
  database.close();
};

const durable: Contender = [
  async ({ events, name, ready, stop }) => {
    await using log = await openLog(name);
    const subscriber = log.subscriber('quakes', { name: 'board' });
    const consumer = new StreamConsumer<SmallEvent>(subscriber);
    const tally = new Tally(events);
    await subscriber.ready();
    ready();
    for await (const event of consumer) if (tally.take(event)) break;
    stop();
  },
  async ({ events, name, start }) => {
    await using log = await openLog(name);
    const producer = new StreamProducer<SmallEvent>(log.publisher());
    const list = bursts(smallEvents(events), 256);
    start();
    for (const burst of list) await Promise.all(burst.map((event) => producer.send('quakes', event)));
  },
];

/** Megabytes of this tab's heap after so many events have gone through a log, each dealt with as it came. */
function heapAfter(share: number): Role {
  return async ({ events, name }) => {
    await using log = await openLog(name, { maxBytes: 16e6 });
    const subscriber = log.subscriber('quakes', { name: 'board' });
    const consumer = new StreamConsumer<SmallEvent>(subscriber);
    const producer = new StreamProducer<SmallEvent>(log.publisher());
    await subscriber.ready();
    const count = Math.ceil(events * share);
    let taken = 0;
    for (let n = 0; n < count; n += BURST) {
      const sent = smallEvents(Math.min(BURST, count - n)).map((event) => producer.send('quakes', event));
      for (const _ of sent) {
        if ((await consumer.next()).done) throw new Error(`The stream ended after ${taken} events`);
        taken++;
      }
      await Promise.all(sent);
    }
    return heapMegabytes();
  };
}

async function heapMegabytes(): Promise<number> {
  const page = performance as Performance & { measureUserAgentSpecificMemory(): Promise<{ bytes: number }> };
  (globalThis as { gc?: () => void }).gc?.();
  return (await page.measureUserAgentSpecificMemory()).bytes / 1e6;
}

const undurable = crossTab[0]?.contenders['broadcast-channel'] ?? [];

export default [
  {
    name: 'log append',
    unit: 'events/s',
    better: 'more',
    events: 50_000,
    contenders: {
      proxystream: append,
      'Dexie bulkAdd of 500': dexie(records),
      'puts of arrays of 500': arrays(messages),
    },
    rows: [
      { against: 'Dexie bulkAdd of 500', goal: 10 },
      { against: 'puts of arrays of 500', goal: 0.6 },
    ],
  },
  {
    name: 'log append, objects',
    unit: 'events/s',
    better: 'more',
    events: 50_000,
    contenders: {
      proxystream: appendObjects,
      'Dexie bulkAdd of 500': dexie(storedEvents),
      'puts of arrays of 500': arrays(storedEvents),
    },
    rows: [{ against: 'Dexie bulkAdd of 500' }, { against: 'puts of arrays of 500' }],
  },
  {
    name: 'log replay',
    unit: 'events/s',
    better: 'more',
    events: 50_000,
    contenders: {
      proxystream: replayMessages,
      'Dexie, read in pages': replayDexie(records, (tally, { payload }) => takeMessage(tally, payload)),
    },
    rows: [{ against: 'Dexie, read in pages', goal: 5 }],
  },
  {
    name: 'log replay, objects',
    unit: 'events/s',
    better: 'more',
    events: 50_000,
    contenders: {
      proxystream: replay,
      'Dexie, read in pages': replayDexie(storedEvents, (tally, event) => tally.take(event)),
      'arrays of 500': replayArrays,
    },
    rows: [{ against: 'Dexie, read in pages', goal: 5 }, { against: 'arrays of 500' }],
  },
  {
    name: 'durable cross-tab',
    unit: 'events/s',
    better: 'more',
    events: 50_000,
    contenders: { proxystream: durable, 'broadcast-channel, not durable': undurable },
    rows: [{ against: 'broadcast-channel, not durable', goal: 1 }],
  },
  {
    name: 'heap after 1,000,000 events through a log',
    unit: 'MB',
    better: 'less',
    events: 1_000_000,
    rounds: 2,
    contenders: { proxystream: heapAfter(1), 'after 100,000': heapAfter(0.1) },
    rows: [{ against: 'after 100,000', goal: 1.2 }],
  },
] satisfies Group[];
