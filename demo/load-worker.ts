/** Publishes copies of the week's quakes at the rate that the page asks for. */
import { messagePack } from 'proxystream';
import { BroadcastChannelPublisher } from 'proxystream/shims/broadcast-channel';
import { eventsPerMessage, type LoadOrder, TELL_MS } from './load.js';
import { loadWeek, type Quake } from './quake.js';

const TOPIC = 'quakes';
const TICK_MS = 10;
/** After a longer pause nothing is made up for. */
const MOST_BEHIND_S = 0.1;
const COPIES = 8;

const producer = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
/** Encoded once, for the load must not take the processor from what is to be compared. */
const events = loadWeek().then((week) =>
  Array.from({ length: COPIES }, (_, copy) => week.map((quake) => encode(copyOf(quake, copy)))).flat(),
);

let publisher: BroadcastChannelPublisher | undefined;
let rate = 0;
let due = 0;
let last = performance.now();
let next = 0;
let seq = 0;

self.addEventListener('message', ({ data }: MessageEvent<LoadOrder>) => {
  publisher ??= new BroadcastChannelPublisher({ channel: data.channel });
  rate = data.rate;
  due = 0;
});

setInterval(() => self.postMessage(next), TELL_MS);
// So that the page hears of it.
events.then((all) => setInterval(tick, TICK_MS, all)).catch(reportError);

function tick(all: readonly Uint8Array[]): void {
  const now = performance.now();
  due = Math.min(due + ((now - last) * rate) / 1000, rate * MOST_BEHIND_S + 1);
  last = now;
  for (const size = eventsPerMessage(rate); due >= size && rate > 0; due -= size) {
    const taken = Array.from({ length: size }, () => all[next++ % all.length] as Uint8Array);
    void publisher?.send(TOPIC, messagePack.assemble({ topic: TOPIC, producer, seq: seq++, stores: [] }, taken));
  }
}

function encode(quake: Quake): Uint8Array {
  const { mag, lat, lon } = quake;
  return messagePack.encodeEvent({ type: 'inline', metadata: { mag, lat, lon }, object: quake });
}

/** The first is the quake itself; others are a little beside it. */
function copyOf(quake: Quake, copy: number): Quake {
  if (copy === 0) return quake;
  const beside = (value: number, most: number) => value + most * (2 * Math.random() - 1);
  const lat = Math.max(-89, Math.min(89, beside(quake.lat, 0.5)));
  return { ...quake, id: `${quake.id}-${copy}`, mag: Math.round(10 * beside(quake.mag, 0.2)) / 10, lat, lon: beside(quake.lon, 0.5) };
}
