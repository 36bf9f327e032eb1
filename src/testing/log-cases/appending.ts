/** What is sent is kept: exactly, in one order, for whoever comes later. */
import type { Publisher } from '../../protocols.js';
import { equal, equalBytes, inTime, ok } from '../expect.js';
import type { KeptMessage, LogSubject, LogWorld } from '../log.js';
import { consume, type LogCase, numbersOf, send, subscribe, TOPIC, textOf } from '../log-scene.js';
import { range } from '../numbers.js';

export function appending({ longRun = 2000 }: LogSubject): readonly LogCase[] {
  return [...KEPT, severalAppenders(longRun)];
}

const KEPT: readonly LogCase[] = [
  {
    does: 'keeps what was sent when nobody was there, for one who comes later, elsewhere',
    async plays(scene) {
      const publisher = await (await scene.open()).publisher();
      await send(publisher, range(100));
      const late = await subscribe(await scene.open(), { from: 'start' });
      equal(numbersOf(await consume(late, 100)), range(100), 'numbers');
    },
  },
  {
    does: 'keeps what a send has settled for, though its sender is closed at once',
    async plays(scene) {
      const world = await scene.open();
      const publisher = await world.publisher();
      await send(publisher, range(10));
      await world.close();
      const late = await subscribe(await scene.open(), { from: 'start' });
      equal(numbersOf(await consume(late, 10)), range(10), 'numbers');
    },
  },
  {
    does: 'keeps topics, bytes and the time of their coming',
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      const publisher = await writer.publisher();
      const before = Date.now();
      for (const [i, payload] of PAYLOADS.entries()) await publisher.send(`plant/${i}`, payload);
      const kept = await consume(await subscribe(reader, { from: 'start' }), PAYLOADS.length);
      for (const [i, { topic, payload, time }] of kept.entries()) {
        equal(topic, `plant/${i}`, 'topic');
        equalBytes(payload, PAYLOADS[i] as Uint8Array);
        ok(time >= before && time <= Date.now(), `a time from ${before} on, got ${time}`);
      }
    },
  },
  {
    does: 'keeps what was sent, though the caller uses its buffer again at once',
    async plays(scene) {
      const world = await scene.open();
      const publisher = await world.publisher();
      const payload = Uint8Array.of(1, 2, 3);
      const sent = publisher.send(TOPIC, payload);
      payload.fill(9);
      await sent;
      const [kept] = await consume(await subscribe(world, { from: 'start' }), 1);
      equalBytes(kept?.payload, Uint8Array.of(1, 2, 3));
    },
  },
  {
    does: 'numbers what it keeps without a hole, and never changes a number',
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      await send(await writer.publisher(), range(50));
      const first = await consume(await subscribe(reader, { from: 'start' }), 50);
      await send(await writer.publisher(), range(50, 50));
      const again = await consume(await subscribe(reader, { from: 'start' }), 100);
      equal(again.map(offsetOf), range(100, first[0]?.offset.seq), 'offsets');
      equal(first.map(offsetOf), again.slice(0, 50).map(offsetOf), 'offsets the first time and the second');
      equal(new Set(again.map(({ offset }) => offset.epoch)).size, 1, 'epochs');
    },
  },
  {
    does: 'brings to each reader the topics of its filter alone',
    async plays(scene) {
      const [writer, elsewhere] = [await scene.open(), await scene.open()];
      const publisher = await writer.publisher();
      const [odd, all] = [await subscribe(elsewhere, { from: 'start' }, 'n/odd'), await subscribe(elsewhere, { from: 'start' }, 'n/+')];
      for (const n of range(20)) await send(publisher, [n], n % 2 ? 'n/odd' : 'n/even');
      await send(publisher, [99], 'other');
      equal(
        numbersOf(await consume(odd, 10)),
        range(10).map((n) => 2 * n + 1),
        'numbers under n/odd',
      );
      equal(numbersOf(await consume(all, 20)), range(20), 'numbers under n/+');
    },
  },
];

function severalAppenders(longRun: number): LogCase {
  return {
    does: 'puts what several append at once into one order, without a hole or a double, the same for everybody',
    async plays(scene) {
      const worlds = [await scene.open(), await scene.open(), await scene.open()];
      const readers = await Promise.all(worlds.map((world) => subscribe(world, { from: 'start' })));
      const each = Math.ceil(longRun / 3);
      const reading = Promise.all(readers.map((reader) => consume(reader, 3 * each)));
      await Promise.all(worlds.map((world, i) => appendAlone(world, each, `${i}/`)));
      const [one = [], ...others] = await inTime(reading, 'not everybody has everything', 40_000);
      equal(one.map(offsetOf), range(3 * each, one[0]?.offset.seq), 'offsets');
      for (const other of others) equal(other.map(inWords), one.map(inWords), 'messages of another reader');
      for (const i of [0, 1, 2]) {
        const own = one.map(textOf).filter((text) => text.startsWith(`${i}/`));
        equal(
          own,
          range(each).map((n) => `${i}/${n}`),
          `messages of appender ${i}`,
        );
      }
    },
  };
}

/** In bursts, so that the appenders take turns. */
async function appendAlone(world: LogWorld, count: number, prefix: string): Promise<void> {
  const publisher: Publisher = await world.publisher();
  for (let n = 0; n < count; n += 50) await send(publisher, range(Math.min(50, count - n), n), TOPIC, prefix);
}

const PAYLOADS: readonly Uint8Array[] = [
  new Uint8Array(),
  Uint8Array.of(0),
  Uint8Array.from({ length: 2 ** 16 }, (_, i) => (i * i) & 255),
  new Uint8Array(Uint8Array.from({ length: 5000 }, (_, i) => i & 255).buffer, 1234, 321),
];

const offsetOf = ({ offset }: KeptMessage) => offset.seq;
const inWords = (message: KeptMessage) => `${message.offset.epoch} ${message.offset.seq} ${textOf(message)}`;
