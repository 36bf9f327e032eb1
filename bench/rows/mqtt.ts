/** Through one broker, QoS 1, from one tab to another: against mqtt.js as an app would use it, which is also what this library stands on. */
import mqtt, { type MqttClient } from 'mqtt';
import { StreamConsumer, StreamProducer } from 'proxystream';
import { MqttPublisher, MqttSubscriber } from 'proxystream/shims/mqtt';
import { bursts, type SmallEvent, smallEvents, Tally } from '../events.js';
import type { Contender, Group, Role, Round } from '../group.js';
import { percentile } from '../statistics.js';

/** What a program has under way at most; it goes on when half of it is acknowledged. */
const UNDER_WAY = 8192;
const PERIOD_MS = 10;

const proxystream: Contender = [
  async ({ events, name, urls, ready, stop }) => {
    const subscriber = new MqttSubscriber(name, { url: url(urls), qos: 1 });
    await using consumer = new StreamConsumer<SmallEvent>(subscriber);
    const tally = new Tally(events);
    await subscriber.ready();
    ready();
    for await (const event of consumer) if (tally.take(event)) break;
    stop();
  },
  async ({ events, name, urls, start }) => {
    const publisher = new MqttPublisher({ url: url(urls), qos: 1 });
    await using producer = new StreamProducer<SmallEvent>(publisher);
    const list = smallEvents(events);
    await publisher.ready();
    start();
    await sendAll(list, (event) => producer.send(name, event));
  },
];

const subscribe: Role = async ({ events, name, urls, ready, stop }) => {
  const client = await connect(urls);
  const tally = new Tally(events);
  const last = new Promise<void>((resolve) => {
    client.on('message', (_topic, payload) => {
      const content: SmallEvent | readonly SmallEvent[] = JSON.parse(utf8.decode(payload));
      if (Array.isArray(content) ? tally.takeAll(content) : tally.take(content as SmallEvent)) resolve();
    });
  });
  await client.subscribeAsync(name, { qos: 1 });
  ready();
  await last;
  stop();
  await client.endAsync();
};

const publishEach: Contender = [
  subscribe,
  async ({ events, name, urls, start }) => {
    const client = await connect(urls);
    const list = smallEvents(events);
    start();
    await sendAll(list, (event) => client.publishAsync(name, JSON.stringify(event), { qos: 1 }));
    await client.endAsync();
  },
];

/** As a program writes it that wants to know of each event that it is safe. */
const publishAndWait: Contender = [
  subscribe,
  async ({ events, name, urls, start }) => {
    const client = await connect(urls);
    const list = smallEvents(events);
    start();
    for (const event of list) await client.publishAsync(name, JSON.stringify(event), { qos: 1 });
    await client.endAsync();
  },
];

const batches: Contender = [
  subscribe,
  async ({ events, name, urls, start }) => {
    const client = await connect(urls);
    const list = smallEvents(events);
    // As long as our own.
    const { batchBytes } = new MqttPublisher({ url: url(urls) }).limits;
    start();
    const publishes: Promise<unknown>[] = [];
    let texts: string[] = [];
    let bytes = 2;
    const publish = () => publishes.push(client.publishAsync(name, `[${texts.join(',')}]`, { qos: 1 }));
    for (const event of list) {
      const text = JSON.stringify(event);
      if (bytes + text.length + 1 > batchBytes) {
        publish();
        texts = [];
        bytes = 2;
      }
      texts.push(text);
      bytes += text.length + 1;
    }
    publish();
    await Promise.all(publishes);
    await client.endAsync();
  },
];

const unhurried: Contender = async (round) => {
  const { name, urls } = round;
  const subscriber = new MqttSubscriber(name, { url: url(urls), qos: 1 });
  await using consumer = new StreamConsumer<SmallEvent>(subscriber);
  const publisher = new MqttPublisher({ url: url(urls), qos: 1 });
  await using producer = new StreamProducer<SmallEvent>(publisher);
  await Promise.all([subscriber.ready(), publisher.ready()]);
  const latency = new Latency(round);
  const sending = latency.sendAll((event) => producer.send(name, event));
  for await (const event of consumer) if (latency.take(event)) break;
  await sending;
  return latency.p50;
};

const unhurriedRaw: Contender = async (round) => {
  const { name, urls } = round;
  const [subscriber, publisher] = await Promise.all([connect(urls), connect(urls)]);
  await subscriber.subscribeAsync(name, { qos: 1 });
  const latency = new Latency(round);
  const last = new Promise<void>((resolve) => {
    subscriber.on('message', (_topic, payload) => {
      if (latency.take(JSON.parse(utf8.decode(payload)))) resolve();
    });
  });
  await latency.sendAll((event) => publisher.publishAsync(name, JSON.stringify(event), { qos: 1 }));
  await last;
  await Promise.all([subscriber.endAsync(), publisher.endAsync()]);
  return latency.p50;
};

/** One event after the other at a steady pace, from a tab to itself: one clock. */
class Latency {
  readonly #events: readonly SmallEvent[];
  readonly #tally: Tally;
  readonly #sent: number[] = [];
  readonly #took: number[] = [];

  constructor({ events }: Round) {
    this.#events = smallEvents(events);
    this.#tally = new Tally(events);
  }

  async sendAll(send: (event: SmallEvent) => Promise<unknown>): Promise<void> {
    const began = performance.now();
    const sends: Promise<unknown>[] = [];
    for (const [i, event] of this.#events.entries()) {
      const wait = began + i * PERIOD_MS - performance.now();
      await new Promise((resolve) => setTimeout(resolve, wait));
      this.#sent.push(performance.now());
      sends.push(send(event));
    }
    await Promise.all(sends);
  }

  take(event: SmallEvent): boolean {
    this.#took.push(performance.now() - (this.#sent[event.n] as number));
    return this.#tally.take(event);
  }

  get p50(): number {
    return percentile(this.#took, 0.5);
  }
}

const utf8 = new TextDecoder();

/**
 * MQTT 5 as on our side, and our own settings for the WebSocket: with its default mqtt.js stands still for a second whenever half a megabyte is on its
 * way. The rest is as its README has it.
 */
async function connect(urls: Round['urls']): Promise<MqttClient> {
  return mqtt.connectAsync(url(urls), { protocolVersion: 5, browserBufferTimeout: 4, browserBufferSize: 4 * 2 ** 20 });
}

function url({ mosquitto = '' }: Round['urls']): string {
  return mosquitto;
}

async function sendAll(events: readonly SmallEvent[], send: (event: SmallEvent) => Promise<unknown>): Promise<void> {
  let before: Promise<unknown> | undefined;
  for (const burst of bursts(events, UNDER_WAY / 2)) {
    const sent = Promise.all(burst.map(send));
    await before;
    before = sent;
  }
  await before;
}

const common = { unit: 'events/s', better: 'more', needs: ['mosquitto'] } as const;

export default [
  {
    ...common,
    name: 'mqtt',
    events: 20_000,
    contenders: { proxystream, 'mqtt.js, a publish per event': publishEach, 'mqtt.js, each publish awaited': publishAndWait },
    rows: [
      { against: 'mqtt.js, a publish per event', goal: 20 },
      { against: 'mqtt.js, each publish awaited', goal: 20 },
    ],
  },
  {
    ...common,
    name: 'mqtt in batches',
    events: 200_000,
    contenders: { proxystream, 'mqtt.js, batches by hand': batches },
    rows: [{ against: 'mqtt.js, batches by hand', goal: 0.6 }],
  },
  {
    ...common,
    name: 'mqtt, 100 events/s, p50 latency',
    unit: 'ms',
    better: 'less',
    events: 200,
    contenders: { proxystream: unhurried, 'mqtt.js': unhurriedRaw },
    rows: [{ against: 'mqtt.js', goal: 1.5 }],
  },
] satisfies Group[];
