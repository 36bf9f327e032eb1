/** Pull is the acknowledgement. */

import type { EventBatch } from '../../events.js';
import type { Batch, Message } from '../../protocols.js';
import { equal, inTime, ok } from '../expect.js';
import { equalNumbers, numberOf, range, sendNumbers } from '../numbers.js';
import { contents, Reader } from '../reader.js';
import { type Iteration, iterate, type Scene } from '../scene.js';
import type { ShimSupport } from '../shim.js';
import type { Case } from './case.js';

export function acknowledgement({ redelivers }: ShimSupport): readonly Case[] {
  return redelivers ? REDELIVERS : [NOTHING_TO_REDELIVER];
}

const REDELIVERS: readonly Case[] = [
  {
    does: 'delivers again, and in order, what a loop was given when it was left',
    async plays(scene) {
      const subscriber = await scene.batchSubscriber();
      await sendAll(scene, 10);
      const first = iterate(subscriber, { max: 3 });
      ok(contents(await nextBatch(first)).length <= 3, 'no more than max');
      await first.return?.();
      equal(await readNumbers(iterate(subscriber), 10), range(10), 'numbers of the next loop');
    },
  },
  {
    does: 'takes asking for the next batch as the acknowledgement of the one before',
    async plays(scene) {
      const subscriber = await scene.batchSubscriber();
      await sendAll(scene, 10);
      const first = iterate(subscriber, { max: 3 });
      const done = contents(await nextBatch(first)).length;
      await nextBatch(first);
      await first.return?.();
      equal(await readNumbers(iterate(subscriber), 10 - done), range(10 - done, done), 'numbers of the next loop');
    },
  },
  {
    does: 'takes asking for the next payload as the acknowledgement of the one before',
    async plays(scene) {
      const subscriber = await scene.subscriber(scene.topic());
      await sendAll(scene, 10);
      const reader = new Reader(subscriber, scene.supports);
      equalNumbers(await reader.take(3), range(3));
      await reader.leave();
      equalNumbers(await new Reader(subscriber, scene.supports).take(8), range(8, 2));
    },
  },
  {
    does: "acknowledges with ack: 'manual' only what it is told to",
    async plays(scene) {
      const subscriber = await scene.batchSubscriber();
      await sendAll(scene, 10);
      const first = iterate(subscriber, { max: 1, ack: 'manual' });
      const [one, two] = [await nextBatch(first), await nextBatch(first)];
      equal([...contents(one), ...contents(two)].map(numberOf), [0, 1], 'numbers of the first loop');
      one.ack();
      await first.return?.();
      equal(await readNumbers(iterate(subscriber), 9), range(9, 1), 'numbers of the next loop');
    },
  },
  {
    does: 'acknowledges the first messages of a batch when told how many',
    async plays(scene) {
      const subscriber = await scene.batchSubscriber();
      await sendAll(scene, 10);
      const first = iterate(subscriber, { ack: 'manual' });
      const batches: Batch<Message | EventBatch>[] = [];
      while (batches.flatMap(contents).length < 10) batches.push(await nextBatch(first));
      batches[0]?.ack(1);
      await first.return?.();
      equal(await readNumbers(iterate(subscriber), 9), range(9, 1), 'numbers of the next loop');
    },
  },
];

const NOTHING_TO_REDELIVER: Case = {
  does: 'offers no batches(), for nothing would come again',
  async plays(scene) {
    equal('batches' in (await scene.unready(scene.topic())), false, "'batches' in subscriber");
  },
};

async function sendAll(scene: Scene, count: number): Promise<void> {
  await sendNumbers(await scene.sender(), scene.topic(), range(count));
}

async function nextBatch(iteration: Iteration): Promise<Batch<Message | EventBatch>> {
  const { done, value } = await inTime(iteration.next(), 'no batch arrived');
  if (done) throw new Error('The iteration has ended');
  return value;
}

async function readNumbers(iteration: Iteration, count: number): Promise<number[]> {
  const numbers: number[] = [];
  while (numbers.length < count) numbers.push(...contents(await nextBatch(iteration)).map(numberOf));
  return numbers;
}
