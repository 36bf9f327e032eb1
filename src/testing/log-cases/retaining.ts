/** What a bound on its size does to a log, and to those who had not read it. */
import { equal, ok } from '../expect.js';
import { consume, consumeAll, type LogCase, numbersOf, send, subscribe } from '../log-scene.js';
import { range } from '../numbers.js';

export function retaining(): readonly LogCase[] {
  return RETAINING;
}

/** Some forty messages of a kilobyte. */
const wish = { maxBytes: 40_000 };
const PADDING = 'x'.repeat(1000);

const RETAINING: readonly LogCase[] = [
  {
    does: 'lets the oldest go when it is full, and keeps the newest without a hole',
    wish,
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      const publisher = await writer.publisher();
      for (const n of range(200)) await send(publisher, [n], 'topic', PADDING);
      const replay = await subscribe(reader, { from: 'start' });
      const [first] = await consume(replay, 1);
      const at = first?.offset.seq ?? 0;
      ok(at > 100, `most of 200 kB to be gone from 40 kB, and the oldest that is left is number ${at}`);
      equal(
        (await consume(replay, 199 - at)).map(({ offset }) => offset.seq),
        range(199 - at, at + 1),
        'offsets of what is left',
      );
    },
  },
  {
    does: 'says in line how much is missing to a cursor that was overtaken, and goes on with what is left',
    wish,
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      const publisher = await writer.publisher();
      await send(publisher, [0], 'topic', PADDING);
      const board = await subscribe(reader, { name: 'board' });
      await consume(board, 1);
      await board.close();
      for (const n of range(199, 1)) await send(publisher, [n], 'topic', PADDING);
      const { messages, news } = await consumeAll(await subscribe(reader, { name: 'board' }), 10);
      const [first] = messages;
      equal(
        news.map(({ code, details }) => [code, details.reason, details.missed]),
        [['gap', 'retention', (first?.offset.seq ?? 0) - 1]],
        'news',
      );
    },
  },
  {
    does: 'says nothing is missing to a cursor that keeps up',
    wish,
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      const publisher = await writer.publisher();
      const board = await subscribe(reader, { name: 'board' });
      for (const n of range(100)) {
        await send(publisher, [n]);
        const { messages, news } = await consumeAll(board, 1);
        equal([numbersOf(messages), news.length], [[n], 0], 'number and news');
      }
    },
  },
];
