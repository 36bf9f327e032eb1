/** From one tab to another: bursts of small events, against what a page can do without this library. */
import { BroadcastChannel as PackagedChannel } from 'broadcast-channel';
import { StreamConsumer, StreamProducer } from 'proxystream';
import { BroadcastChannelPublisher, BroadcastChannelSubscriber } from 'proxystream/shims/broadcast-channel';
import { bursts, type SmallEvent, smallEvents, Tally } from '../events.js';
import type { Contender, Group, Role } from '../group.js';

/** What a program has to send at a time, and the length of the hand-made arrays. */
const BURST = 256;

const consume: Role = async ({ events, name, ready, stop }) => {
  const subscriber = new BroadcastChannelSubscriber(name);
  await using consumer = new StreamConsumer<SmallEvent>(subscriber);
  const tally = new Tally(events);
  await subscriber.ready();
  ready();
  for await (const event of consumer) if (tally.take(event)) break;
  stop();
};

const proxystream: Contender = [
  consume,
  async ({ events, name, start }) => {
    await using producer = new StreamProducer<SmallEvent>(new BroadcastChannelPublisher());
    const list = bursts(smallEvents(events), BURST);
    start();
    for (const burst of list) await Promise.all(burst.map((event) => producer.send(name, event)));
  },
];

/** The same library, used by a program that has one event at a time. */
const proxystreamBatchSize: Contender = [
  consume,
  async ({ events, name, start }) => {
    await using producer = new StreamProducer<SmallEvent>(new BroadcastChannelPublisher(), { batchSize: BURST });
    const list = smallEvents(events);
    start();
    for (const event of list) await producer.send(name, event);
  },
];

const hear: Role = async ({ events, name, ready, stop }) => {
  const channel = new BroadcastChannel(name);
  const tally = new Tally(events);
  const last = new Promise<void>((resolve) => {
    channel.onmessage = ({ data }: MessageEvent<SmallEvent | readonly SmallEvent[] | typeof PING>) => {
      if (data === PING) ready();
      else if (Array.isArray(data) ? tally.takeAll(data) : tally.take(data as SmallEvent)) resolve();
    };
  });
  ping(name);
  await last;
  stop();
  channel.close();
};

const onePost: Contender = [
  hear,
  async ({ events, name, start }) => {
    const channel = new BroadcastChannel(name);
    const list = smallEvents(events);
    start();
    for (const event of list) channel.postMessage(event);
    channel.close();
  },
];

const arrays: Contender = [
  hear,
  async ({ events, name, start }) => {
    const channel = new BroadcastChannel(name);
    const list = bursts(smallEvents(events), BURST);
    start();
    for (const burst of list) channel.postMessage(burst);
    channel.close();
  },
];

/** As its README shows it; in a browser that has BroadcastChannel it chooses the method `native` by itself. */
const packaged: Contender = [
  async ({ events, name, ready, stop }) => {
    const channel = new PackagedChannel<SmallEvent>(name);
    const tally = new Tally(events);
    const last = new Promise<void>((resolve) => {
      channel.onmessage = (event) => {
        if (tally.take(event)) resolve();
      };
    });
    // A page registers its channels one after the other.
    const later = new BroadcastChannel(`${name}-later`);
    later.onmessage = () => ready();
    ping(`${name}-later`);
    await last;
    stop();
    later.close();
    await channel.close();
  },
  async ({ events, name, start }) => {
    const channel = new PackagedChannel<SmallEvent>(name);
    const list = bursts(smallEvents(events), BURST);
    start();
    for (const burst of list) await Promise.all(burst.map((event) => channel.postMessage(event)));
    await channel.close();
  },
];

const PING = 'ping';

/** Registering a listener takes a moment; whoever hears this is registered. */
function ping(name: string): void {
  const channel = new BroadcastChannel(name);
  channel.postMessage(PING);
  channel.close();
}

export default [
  {
    name: 'cross-tab',
    unit: 'events/s',
    better: 'more',
    events: 200_000,
    contenders: {
      proxystream,
      'proxystream, batchSize 256': proxystreamBatchSize,
      'a postMessage per event': onePost,
      'broadcast-channel': packaged,
      'arrays of 256': arrays,
    },
    rows: [
      { against: 'a postMessage per event', goal: 4 },
      { against: 'broadcast-channel', goal: 4 },
      { against: 'arrays of 256', goal: 0.6 },
      { subject: 'proxystream, batchSize 256', against: 'arrays of 256' },
    ],
  },
] satisfies Group[];
