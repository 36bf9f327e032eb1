/** A caller's bug is a `TypeError`, at once, and harms nobody. */
import { equal, failure, ok } from '../expect.js';
import type { LogReading } from '../log.js';
import { consume, type LogCase, numbersOf, send, subscribe } from '../log-scene.js';

export function refusing(): readonly LogCase[] {
  return REFUSALS;
}

const BAD_TOPICS = ['', '+', 'a/#', 'a\0b', 7, null];
const BAD_FILTERS = ['', 'a/#/b', 'a#', '++', 'a\0b', 7];
const BAD_READINGS = [
  { name: '' },
  { name: 7 },
  { from: 'yesterday' },
  { from: {} },
  { from: { epoch: 'a', seq: -1 } },
  { from: { epoch: 'a', seq: 0.5 } },
  { from: { time: Number.NaN } },
  { from: null },
  { maxMessages: 0 },
];

const REFUSALS: readonly LogCase[] = [
  {
    does: 'refuses to keep what is no message of a topic, and goes on',
    async plays(scene) {
      const world = await scene.open();
      const publisher = await world.publisher();
      for (const topic of BAD_TOPICS) await refused(() => publisher.send(topic as string, Uint8Array.of(1)), `topic ${topic}`);
      for (const message of ['text', null, {}, [1]]) await refused(() => publisher.send('a', message as never), `message ${message}`);
      await send(publisher, [1]);
      equal(numbersOf(await consume(await subscribe(world, { from: 'start' }), 1)), [1], 'numbers');
    },
  },
  {
    does: 'refuses readers of what is no topic filter',
    async plays(scene) {
      const world = await scene.open();
      for (const filter of BAD_FILTERS) await refused(async () => world.subscriber(filter as string), `filter ${filter}`);
    },
  },
  {
    does: 'refuses names and beginnings that are none',
    async plays(scene) {
      const world = await scene.open();
      for (const reading of BAD_READINGS)
        await refused(async () => world.subscriber('#', reading as LogReading), JSON.stringify(reading) ?? '');
    },
  },
];

async function refused(attempt: () => unknown, what: string): Promise<void> {
  const error = await failure(attempt, what);
  ok(error instanceof TypeError, `a TypeError for ${what}, got ${error}`);
}
