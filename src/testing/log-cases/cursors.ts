/** A name is one durable cursor. */
import { equal, inTime, ok } from '../expect.js';
import { consume, type LogCase, numbersOf, send, subscribe, take } from '../log-scene.js';
import { range } from '../numbers.js';

export function cursors(): readonly LogCase[] {
  return CURSORS;
}

const CURSORS: readonly LogCase[] = [
  {
    does: 'begins a new name at the start of what is kept',
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      await send(await writer.publisher(), range(10));
      const board = await subscribe(reader, { name: 'board' });
      equal(numbersOf(await consume(board, 10)), range(10), 'numbers');
    },
  },
  {
    does: 'goes on under a name where it stopped, in another place, with all that came meanwhile',
    async plays(scene) {
      const publisher = await (await scene.open()).publisher();
      await send(publisher, range(10));
      const first = await scene.open();
      equal(numbersOf(await consume(await subscribe(first, { name: 'board' }), 4)), range(4), 'numbers of the first stay');
      await first.close();
      await send(publisher, range(10, 10));
      const second = await subscribe(await scene.open(), { name: 'board' });
      equal(numbersOf(await consume(second, 16)), range(16, 4), 'numbers of the second stay');
    },
  },
  {
    does: 'heeds where a name is to begin only when it is new',
    async plays(scene) {
      const world = await scene.open();
      const publisher = await world.publisher();
      await send(publisher, range(5));
      const first = await subscribe(world, { name: 'board', from: 'now' });
      await send(publisher, range(5, 5));
      equal(numbersOf(await consume(first, 2)), [5, 6], 'numbers of the first stay');
      await first.close();
      const second = await subscribe(world, { name: 'board', from: 'start' });
      equal(numbersOf(await consume(second, 3)), [7, 8, 9], 'numbers of the second stay');
    },
  },
  {
    does: 'keeps each name where that one stopped',
    async plays(scene) {
      const [one, other] = [await scene.open(), await scene.open()];
      await send(await one.publisher(), range(10));
      const [board, audit] = [await subscribe(one, { name: 'board' }), await subscribe(other, { name: 'audit' })];
      equal(numbersOf(await consume(board, 7)), range(7), 'numbers of board');
      equal(numbersOf(await consume(audit, 2)), range(2), 'numbers of audit');
      await Promise.all([board.close(), audit.close()]);
      equal(numbersOf(await consume(await subscribe(other, { name: 'board' }), 3)), range(3, 7), 'numbers of board, then');
      equal(numbersOf(await consume(await subscribe(one, { name: 'audit' }), 8)), range(8, 2), 'numbers of audit, then');
    },
  },
  {
    does: 'brings again under a name what its loop was left with, and not what it had asked past',
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      const publisher = await writer.publisher();
      const board = await subscribe(reader, { name: 'board' });
      for (const n of range(6)) await send(publisher, [n]);
      // One at a time: of the three that are taken, asking for the third acknowledged the second.
      const iteration = board.batches({ max: 1 })[Symbol.asyncIterator]();
      for (const n of range(3)) equal(numbersOf((await inTime(iteration.next(), 'no batch came')).value.messages), [n], 'numbers');
      await iteration.return?.();
      await board.close();
      const again = await subscribe(await scene.open(), { name: 'board' });
      equal(numbersOf(await consume(again, 4)), range(4, 2), 'numbers of the next stay');
    },
  },
  {
    does: 'brings again under a name what was given and never acknowledged',
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      await send(await writer.publisher(), range(5));
      const board = await subscribe(reader, { name: 'board' });
      await take(board, 5);
      await board.close();
      const again = await subscribe(await scene.open(), { name: 'board' });
      const [first = -1] = numbersOf(await consume(again, 1));
      ok(first < 5, `something that was not acknowledged, got ${first}`);
    },
  },
  {
    does: 'lets one read under a name at a time, and the next in line go on when it closes',
    async plays(scene) {
      const [writer, one, other] = [await scene.open(), await scene.open(), await scene.open()];
      const publisher = await writer.publisher();
      const first = await subscribe(one, { name: 'board' });
      await send(publisher, range(10));
      // Two who get in line at once may do so in either order; who reads is the first.
      equal(numbersOf(await consume(first, 1)), [0], 'number of the first in line');
      const waiting = consume(await subscribe(other, { name: 'board' }), 5);
      for (const n of range(4, 1)) equal(numbersOf(await consume(first, 1)), [n], 'numbers of the first in line');
      // Its last acknowledgement may still be on its way.
      await first.close();
      equal(numbersOf(await waiting), range(5, 5), 'numbers of the next');
    },
  },
  {
    does: 'gives each of many who follow each other under one name what the last left, and everything once',
    async plays(scene) {
      const publisher = await (await scene.open()).publisher();
      await send(publisher, range(60));
      const numbers: number[] = [];
      for (const stay of range(6)) {
        const world = await scene.open();
        numbers.push(...numbersOf(await consume(await subscribe(world, { name: 'board' }), 5)));
        await send(publisher, range(10, 60 + 10 * stay));
        await world.close();
      }
      equal(numbers, range(30), 'numbers of six stays of five messages');
    },
  },
  {
    does: 'reads under a name with the filter of each stay, past what the filter leaves out',
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      const publisher = await writer.publisher();
      for (const n of range(10)) await send(publisher, [n], n % 2 ? 'odd' : 'even');
      const odd = await subscribe(reader, { name: 'board' }, 'odd');
      equal(numbersOf(await consume(odd, 5)), [1, 3, 5, 7, 9], 'odd numbers');
      await odd.close();
      await send(publisher, [10], 'even');
      const all = await subscribe(reader, { name: 'board' });
      equal(numbersOf(await consume(all, 1)), [10], 'numbers afterwards');
    },
  },
];
