/** Closing and giving up. */
import { StreamError } from '../../errors.js';
import { equal, failsWith, failure, inTime, ok } from '../expect.js';
import { consume, type LogCase, numbersOf, send, subscribe, TOPIC } from '../log-scene.js';
import { range } from '../numbers.js';

export function ending(): readonly LogCase[] {
  return ENDINGS;
}

const ONE = Uint8Array.of(1);

const ENDINGS: readonly LogCase[] = [
  {
    does: 'ends what was opened on it when it is closed',
    async plays(scene) {
      const world = await scene.open();
      const publisher = await world.publisher();
      const [live, named] = [await subscribe(world), await subscribe(world, { name: 'board' })];
      const waiting = [live, named].map((subscriber) => subscriber.batches()[Symbol.asyncIterator]().next());
      await world.close();
      for (const { done } of await inTime(Promise.all(waiting), 'a reader waits for ever')) equal(done, true, 'done');
      await failsWith('closed', () => publisher.send(TOPIC, ONE), 'send on a closed log');
    },
  },
  {
    does: 'closes twice, and at once, and opens again',
    async plays(scene) {
      const world = await scene.open();
      await send(await world.publisher(), [1]);
      await Promise.all([world.close(), world.close()]);
      await world.close();
      const again = await subscribe(await scene.open(), { from: 'start' });
      equal(numbersOf(await consume(again, 1)), [1], 'numbers');
    },
  },
  {
    does: 'settles every send that is under way when it is closed, and keeps each that it said it had',
    async plays(scene) {
      const world = await scene.open();
      const publisher = await world.publisher();
      const sends = range(300).map((n) => publisher.send(TOPIC, new TextEncoder().encode(`${n}`)));
      const outcomes = Promise.allSettled(sends);
      await inTime(Promise.resolve(world.close()), 'close() has not settled');
      const kept = (await inTime(outcomes, 'a send has not settled')).flatMap((outcome, n) => {
        if (outcome.status === 'fulfilled') return [n];
        ok(
          outcome.reason instanceof StreamError && outcome.reason.code === 'closed',
          `a send to reject with closed, got ${outcome.reason}`,
        );
        return [];
      });
      const again = await scene.open();
      await send(await again.publisher(), [300]);
      const all = await consumeUntil(await subscribe(again, { from: 'start' }), 300);
      equal(
        kept.filter((n) => !all.includes(n)),
        [],
        'sends that were kept and are not there',
      );
    },
  },
  {
    does: 'keeps nothing of a send with a signal that is aborted already',
    async plays(scene) {
      const world = await scene.open();
      const publisher = await world.publisher();
      const reason = new Error('given up');
      const error = await failure(() => publisher.send(TOPIC, ONE, { signal: AbortSignal.abort(reason) }), 'an aborted send');
      equal(error === reason, true, "the rejection is the signal's reason");
      await send(publisher, [2]);
      equal(numbersOf(await consume(await subscribe(world, { from: 'start' }), 1)), [2], 'numbers');
    },
  },
  {
    does: "ends a reader's wait with its signal's reason, and loses nothing by it",
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      const board = await subscribe(reader, { name: 'board' });
      const giveUp = new AbortController();
      const waiting = board.batches({ signal: giveUp.signal })[Symbol.asyncIterator]().next();
      const reason = new Error('given up');
      giveUp.abort(reason);
      equal((await failure(() => waiting, 'the wait')) === reason, true, "the rejection is the signal's reason");
      await send(await writer.publisher(), range(5));
      equal(numbersOf(await consume(board, 5)), range(5), 'numbers');
    },
  },
  {
    does: 'leaves other readers as they are when one is closed',
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      const [one, other] = [await subscribe(reader, { name: 'one' }), await subscribe(reader)];
      await one.close();
      await send(await writer.publisher(), range(5));
      equal(numbersOf(await consume(other, 5)), range(5), 'numbers');
    },
  },
];

async function consumeUntil(subscriber: Parameters<typeof consume>[0], last: number): Promise<number[]> {
  const numbers: number[] = [];
  while (numbers.at(-1) !== last) numbers.push(...numbersOf(await consume(subscriber, 1)));
  return numbers;
}
