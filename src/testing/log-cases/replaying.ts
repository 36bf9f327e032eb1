/** Reading from wherever one likes, and on into what is live. */
import { equal, ok } from '../expect.js';
import type { LogCase } from '../log-scene.js';
import { consume, consumeAll, numbersOf, send, subscribe } from '../log-scene.js';
import { range } from '../numbers.js';

export function replaying(): readonly LogCase[] {
  return REPLAYS;
}

const REPLAYS: readonly LogCase[] = [
  {
    does: 'brings a reader without a name what comes from now on, and nothing older',
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      const publisher = await writer.publisher();
      await send(publisher, range(10));
      const live = await subscribe(reader);
      await send(publisher, range(10, 10));
      equal(numbersOf(await consume(live, 10)), range(10, 10), 'numbers');
    },
  },
  {
    does: 'replays from an offset on, with the message that has it',
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      await send(await writer.publisher(), range(30));
      const all = await consume(await subscribe(reader, { from: 'start' }), 30);
      for (const n of [0, 1, 17, 29]) {
        const from = all[n]?.offset as (typeof all)[number]['offset'];
        const replay = await subscribe(reader, { from });
        equal(numbersOf(await consume(replay, 30 - n)), range(30 - n, n), `numbers from offset ${from.seq}`);
      }
    },
  },
  {
    does: 'replays from behind the end as what is live',
    async plays(scene) {
      const world = await scene.open();
      const publisher = await world.publisher();
      await send(publisher, range(3));
      const [, , last] = await consume(await subscribe(world, { from: 'start' }), 3);
      const { epoch = '', seq = 0 } = last?.offset ?? {};
      const live = await subscribe(world, { from: { epoch, seq: seq + 1 } });
      await send(publisher, [3]);
      equal(numbersOf(await consume(live, 1)), [3], 'numbers');
    },
  },
  {
    does: 'replays from a time on: what was kept since, and all of it',
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      const publisher = await writer.publisher();
      for (const n of range(30)) await send(publisher, [n]);
      const all = await consume(await subscribe(reader, { from: 'start' }), 30);
      for (const n of [0, 11, 29]) {
        const time = all[n]?.time ?? 0;
        const first = all.findIndex((message) => message.time >= time);
        const replay = await subscribe(reader, { from: { time } });
        equal(numbersOf(await consume(replay, 30 - first)), range(30 - first, first), `numbers since ${time}`);
      }
      const never = await subscribe(reader, { from: { time: Date.now() + 3_600_000 } });
      await send(publisher, [30]);
      equal(numbersOf(await consume(never, 1)), [30], 'numbers since a time to come');
    },
  },
  {
    does: 'says that an offset of another epoch is of a log that is gone, and replays this one from its start',
    async plays(scene) {
      const world = await scene.open();
      await send(await world.publisher(), range(3));
      const replay = await subscribe(world, { from: { epoch: 'another', seq: 2 } });
      const { messages, news } = await consumeAll(replay, 3);
      equal(numbersOf(messages), range(3), 'numbers');
      equal(
        news.map(({ code }) => code),
        ['data_lost'],
        'news',
      );
    },
  },
  {
    does: 'goes on from a replay into what is live without a hole or a double, while others append',
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      const publisher = await writer.publisher();
      await send(publisher, range(300));
      const replay = await subscribe(reader, { from: 'start' });
      const reading = consume(replay, 900);
      for (let n = 300; n < 900; n += 20) await send(publisher, range(20, n));
      equal(numbersOf(await reading), range(900), 'numbers');
    },
  },
  {
    does: 'never holds more for a slow reader than it was told to, and loses nothing',
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      await send(await writer.publisher(), range(200));
      const slow = await subscribe(reader, { from: 'start', maxMessages: 16 });
      const iteration = slow.batches()[Symbol.asyncIterator]();
      const numbers: number[] = [];
      while (numbers.length < 200) {
        const { value } = await iteration.next();
        ok(value.messages.length <= 16, `at most 16 messages at once, got ${value.messages.length}`);
        numbers.push(...numbersOf(value.messages));
      }
      equal(numbers, range(200), 'numbers');
    },
  },
];
