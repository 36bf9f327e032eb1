/** What outlives a subscriber, or does not. */
import { equal, inTime, ok } from '../expect.js';
import { equalNumbers, numbered, numberOf, range, sendNumbers } from '../numbers.js';
import { contents } from '../reader.js';
import { iterate, type Scene } from '../scene.js';
import type { ShimSupport } from '../shim.js';
import type { Case } from './case.js';

export function sessions({ keeps, redelivers }: ShimSupport): readonly Case[] {
  if (!keeps) return [FORGETS];
  return redelivers ? [KEEPS, LEAVES_TO_SUCCESSOR] : [KEEPS];
}

const KEEPS: Case = {
  does: 'keeps what is sent while the subscriber of a session is away',
  async plays(scene) {
    await visit(scene);
    await sendNumbers(await scene.sender(), scene.topic(), range(20));
    const back = await scene.reader(scene.topic(), { session: scene.root });
    equalNumbers(await back.take(20), range(20));
  },
};

const LEAVES_TO_SUCCESSOR: Case = {
  does: 'leaves what a subscriber had not acknowledged to the next one of its session',
  async plays(scene) {
    const first = await scene.batchSubscriber(scene.topic(), { session: scene.root });
    await sendNumbers(await scene.sender(), scene.topic(), range(10));
    const { value: batch } = await inTime(iterate(first, { ack: 'manual' }).next(), 'no batch arrived');
    ok(contents(batch).length > 0, 'a batch with messages');
    batch.ack(1);
    await first.close();
    const successor = await scene.reader(scene.topic(), { session: scene.root });
    equalNumbers(await successor.take(9), range(9, 1));
  },
};

const FORGETS: Case = {
  does: 'delivers nothing that was sent while nobody was there',
  async plays(scene) {
    await visit(scene);
    const sender = await scene.sender();
    await sender.send(scene.topic(), numbered(1));
    // Some wires settle `send` when the bytes have left: what is behind them is not known before somebody has heard it.
    const witness = await scene.reader(scene.topic('witness'));
    await sender.send(scene.topic('witness'), numbered(2));
    await witness.take(1);
    const late = await scene.reader(scene.topic(), { session: scene.root });
    await sender.send(scene.topic(), numbered(3));
    equal((await late.take(1)).map(numberOf), [3], 'numbers');
  },
};

/** Somebody of this scene's session comes, and goes again. */
async function visit(scene: Scene): Promise<void> {
  const visitor = await scene.subscriber(scene.topic(), { session: scene.root });
  await visitor.close();
}
