/** Filtering in a worker: against other ways to ask one, and against the page's own thread while 50,000 events a second come in. */
import { wrap } from 'comlink';
import { messagePack, StreamConsumer, StreamProducer } from 'proxystream';
import { type Filter, workerFilters } from 'proxystream/filters';
import { BroadcastChannelPublisher, BroadcastChannelSubscriber } from 'proxystream/shims/broadcast-channel';
import { Queue, QueuePublisher, QueueSubscriber } from 'proxystream/shims/queue';
import { busyMs } from '../busy.js';
import type { ComlinkFilters } from '../comlink-filter-worker.js';
import { bursts, smallEvents } from '../events.js';
import { FrameWatch, type Smoothness } from '../frames.js';
import type { Contender, Group, Role } from '../group.js';
import { type Place, weakOrFar } from '../quakes.js';

const BATCH = 256;
/** Batches with the worker at a time, and about as many single calls as make up for them. */
const IN_FLIGHT = 4;

const openFilters = () =>
  workerFilters<typeof import('../filter-worker.js')>(
    () => new Worker(new URL('../filter-worker.ts', import.meta.url), { type: 'module' }),
    {
      maxInFlight: IN_FLIGHT,
    },
  );

const proxystream: Role = async ({ events, start, stop }) => {
  const filters = openFilters();
  const list = smallEvents(events);
  await filters.weak.batch?.(list.slice(0, 1));
  start();
  const answers = await filters.weak.batch?.(list);
  stop();
  check(answers?.filter(Boolean).length, events);
  filters.close();
};

const comlink: Role = async ({ events, start, stop }) => {
  const worker = new Worker(new URL('../comlink-filter-worker.ts', import.meta.url), { type: 'module' });
  const filters = wrap<ComlinkFilters>(worker);
  const list = smallEvents(events);
  await filters.weak(list[0] as (typeof list)[0]);
  let dropped = 0;
  start();
  for (const burst of bursts(list, IN_FLIGHT * BATCH)) {
    const answers = await Promise.all(burst.map((event) => filters.weak(event)));
    dropped += answers.filter(Boolean).length;
  }
  stop();
  check(dropped, events);
  worker.terminate();
};

const raw: Role = async ({ events, start, stop }) => {
  const worker = new Worker(new URL('../raw-filter-worker.ts', import.meta.url), { type: 'module' });
  const batches = bursts(smallEvents(events), BATCH);
  await new Promise((resolve) => {
    worker.onmessage = resolve;
    worker.postMessage([]);
  });
  let [asked, answered, dropped] = [0, 0, 0];
  const ask = () => asked < batches.length && worker.postMessage(batches[asked++]);
  start();
  await new Promise<void>((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
      const { length } = batches[answered++] as readonly unknown[];
      for (let i = 0; i < length; i++) if ((data[i >> 3] as number) & (1 << (i & 7))) dropped++;
      ask();
      if (answered === batches.length) resolve();
    };
    for (let i = 0; i < IN_FLIGHT; i++) ask();
  });
  stop();
  check(dropped, events);
  worker.terminate();
};

/** 65 of 70 are below 6.5. */
function check(dropped: number | undefined, events: number): void {
  const expected = smallEvents(events).filter(({ mag }) => mag < 6.5).length;
  if (dropped !== expected) throw new Error(`${dropped} were dropped instead of ${expected}`);
}

/** Of some 4 kB, as they come from a broker. */
const EVENTS_PER_MESSAGE = 27;
const PRODUCER = '00112233445566778899aabbccddeeff';

/** How long the page is busy with reading what a queue of byte messages holds; one event in a hundred is kept. */
function read(filter: () => Filter<Quake>, wait?: (filter: Filter<Quake>) => unknown): Role {
  return async ({ events }) => {
    const queue = new Queue({ maxMessages: events });
    const publisher = new QueuePublisher(queue);
    let seq = 0;
    for (const numbers of bursts(
      Array.from({ length: events }, (_, n) => n),
      EVENTS_PER_MESSAGE,
    )) {
      const encoded = numbers.map((n) =>
        messagePack.encodeEvent({
          type: 'inline',
          metadata: { ...quake(n), place: `${n % 300} km SSW of Pangai` },
          object: { n, felt: 'by nobody yet' },
        }),
      );
      await publisher.send('quakes', messagePack.assemble({ topic: 'quakes', producer: PRODUCER, seq: seq++, stores: [] }, encoded));
    }
    const end = messagePack.encodeEvent({ type: 'end' });
    await publisher.send('quakes', messagePack.assemble({ topic: 'quakes', producer: PRODUCER, seq, stores: [] }, [end]));
    const asked = filter();
    await wait?.(asked);
    const consumer = new StreamConsumer<{ n: number }>(new QueueSubscriber(queue), { filter: asked, codec: messagePack });
    let kept = 0;
    const busy = await busyMs(async () => {
      for await (const { n } of consumer) if (n % 100 === 0) kept++;
    });
    if (kept !== Math.ceil(events / 100) || consumer.stats.filterErrors > 0) throw new Error(`${kept} of ${events} were kept`);
    return busy;
  };
}

const started = (filter: Filter<Quake>) => filter.batch?.([quake(1)]);
const weakInWorker = () => openFilters().weak as Filter<Quake>;
/** Hides that the filter could read messages. */
const ofMetadata = (filter: Filter<Quake>): Filter<Quake> =>
  Object.assign((one: Quake) => filter(one), { batch: filter.batch as NonNullable<typeof filter.batch> });

const weakOnPage: Filter<Quake> = Object.assign(({ mag }: Quake) => mag < 6.5, {
  batch: (all: readonly Quake[]) => all.map(({ mag }) => mag < 6.5),
});

const RATE = 50_000;
const STEP_MS = 10;

interface Quake extends Place {
  readonly mag: number;
}

/** One in a hundred is strong. */
const quake = (n: number): Quake => ({ mag: n % 100 === 0 ? 7 : (n % 65) / 10, lat: (n % 170) - 85, lon: (n % 350) - 175 });

const send: Role = async ({ events, name, start, stop }) => {
  // As bytes: those the worker reads, and the page does not.
  await using producer = new StreamProducer<string>(new BroadcastChannelPublisher(), { codec: messagePack });
  start();
  const began = performance.now();
  for (let n = 0; n < events; ) {
    const due = Math.min(events, Math.floor(((performance.now() - began) * RATE) / 1000));
    const sent: Promise<void>[] = [];
    for (; n < due; n++) sent.push(producer.send(name, `quake ${n}`, { metadata: quake(n) }));
    await Promise.all(sent);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
  stop();
  await producer.closeTopics(name);
};

/** Returns one of the figures; both are of the same stretch. */
function watched(filter: () => Filter<Quake>, figure: keyof Smoothness): Contender {
  return [
    async ({ events, name, ready }) => {
      const subscriber = new BroadcastChannelSubscriber(name);
      const asked = filter();
      await asked.batch?.([quake(1)]);
      await using consumer = new StreamConsumer<string>(subscriber, { filter: asked, codec: messagePack });
      await subscriber.ready();
      const watch = new FrameWatch();
      watch.start();
      ready();
      let kept = 0;
      for await (const _ of consumer) kept++;
      const smoothness = watch.stop();
      if (kept !== Math.ceil(events / 100) || consumer.stats.filterErrors > 0 || consumer.stats.missed > 0)
        throw new Error(`${kept} of ${events} were kept, ${consumer.stats.filterErrors} filters failed`);
      return smoothness[figure];
    },
    send,
  ];
}

/** The same page with nothing to do: what the machine allows. */
function idle(figure: keyof Smoothness): Role {
  return async ({ events }) => {
    const watch = new FrameWatch();
    watch.start();
    await new Promise((resolve) => setTimeout(resolve, (1000 * events) / RATE));
    return watch.stop()[figure];
  };
}

const inWorker = () => openFilters().weakOrFar;
const onPage = () => Object.assign(weakOrFar, { batch: (all: readonly Quake[]) => all.map(weakOrFar) });

export default [
  {
    name: 'worker filter',
    unit: 'events/s',
    better: 'more',
    events: 200_000,
    contenders: { proxystream, 'comlink, a pipelined call per event': comlink, 'arrays of 256 by hand': raw },
    rows: [
      { against: 'comlink, a pipelined call per event', goal: 8 },
      { against: 'arrays of 256 by hand', goal: 0.6 },
    ],
  },
  {
    name: 'filter of byte messages, the page busy',
    unit: 'ms',
    better: 'less',
    events: 100_000,
    contenders: {
      'messages to the worker': read(weakInWorker, started),
      'metadata to the worker': read(() => ofMetadata(weakInWorker()), started),
      'all on the page': read(() => weakOnPage),
    },
    rows: [{ against: 'metadata to the worker' }, { against: 'all on the page' }],
  },
  {
    name: 'filter at 50,000 events/s, longest task of the page',
    unit: 'ms',
    better: 'less',
    events: 250_000,
    rounds: 3,
    contenders: {
      'in the worker': watched(inWorker, 'longestTask'),
      'on the page': watched(onPage, 'longestTask'),
      'an idle page': idle('longestTask'),
      'the bound of 50 ms': async () => 50,
    },
    rows: [{ against: 'the bound of 50 ms', goal: 1 }, { against: 'on the page' }, { against: 'an idle page' }],
  },
  {
    name: 'filter at 50,000 events/s, frames on time',
    unit: '%',
    better: 'more',
    events: 250_000,
    rounds: 3,
    contenders: {
      'in the worker': watched(inWorker, 'onTime'),
      'on the page': watched(onPage, 'onTime'),
      'an idle page': idle('onTime'),
      'the aim of 95 %': async () => 95,
    },
    rows: [{ against: 'the aim of 95 %', goal: 1 }, { against: 'on the page' }, { against: 'an idle page' }],
  },
] satisfies Group[];
