/** Filtering in a worker: against other ways to ask one, and against the page's own thread while 50,000 events a second come in. */
import { wrap } from 'comlink';
import { StreamConsumer, StreamProducer } from 'proxystream';
import { type Filter, workerFilters } from 'proxystream/filters';
import { BroadcastChannelPublisher, BroadcastChannelSubscriber } from 'proxystream/shims/broadcast-channel';
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

const RATE = 50_000;
const STEP_MS = 10;

interface Quake extends Place {
  readonly mag: number;
}

/** One in a hundred is strong. */
const quake = (n: number): Quake => ({ mag: n % 100 === 0 ? 7 : (n % 65) / 10, lat: (n % 170) - 85, lon: (n % 350) - 175 });

const send: Role = async ({ events, name, start, stop }) => {
  await using producer = new StreamProducer<string>(new BroadcastChannelPublisher());
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
      await using consumer = new StreamConsumer<string>(subscriber, { filter: asked });
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
    name: 'filter at 50,000 events/s, longest task of the page',
    unit: 'ms',
    better: 'less',
    events: 250_000,
    rounds: 3,
    contenders: {
      'in the worker': watched(inWorker, 'longestTask'),
      'on the page': watched(onPage, 'longestTask'),
      'the bound of 50 ms': async () => 50,
    },
    rows: [{ against: 'the bound of 50 ms', goal: 1 }, { against: 'on the page' }],
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
      'the aim of 95 %': async () => 95,
    },
    rows: [{ against: 'the aim of 95 %', goal: 1 }, { against: 'on the page' }],
  },
] satisfies Group[];
