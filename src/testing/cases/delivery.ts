/** Who gets what, and in which order. */
import { equal } from '../expect.js';
import { equalNumbers, numberOf, range, sendNumbers } from '../numbers.js';
import type { Reader } from '../reader.js';
import type { Shim, ShimSupport } from '../shim.js';
import type { Case } from './case.js';

export function delivery({ delivery, wildcards }: ShimSupport, { longRun = 10_000 }: Shim): readonly Case[] {
  return [
    {
      does: `delivers ${longRun} messages once each, in order`,
      // A wire that cannot be held may bring them all before the first is read.
      buffer: { maxMessages: 2 * longRun },
      async plays(scene) {
        const reader = await scene.reader();
        const sender = await scene.sender();
        const send = async () => {
          await sendNumbers(sender, scene.topic(), range(longRun));
          // Behind what nobody waits for any more there is nothing else.
          await sendNumbers(sender, scene.topic(), [longRun]);
        };
        const [received] = await Promise.all([reader.take(longRun + 1), send()]);
        equalNumbers(received, range(longRun + 1));
      },
    },
    {
      does: 'keeps the order of each of two publishers on one topic',
      async plays(scene) {
        const reader = await scene.reader();
        const senders = await Promise.all([scene.sender(), scene.sender()]);
        const [received] = await Promise.all([
          reader.take(1000),
          ...senders.map((sender, i) => sendNumbers(sender, scene.topic(), range(500, i * 1000))),
        ]);
        const numbers = received.map(numberOf);
        const order = [...numbers.filter((n) => n < 1000), ...numbers.filter((n) => n >= 1000)];
        equal(order, [...range(500), ...range(500, 1000)], 'numbers by publisher');
      },
    },
    ...(wildcards ? [TWO_TOPICS] : []),
    delivery === 'all' ? EVERYBODY : EXACTLY_ONE,
  ];
}

const TWO_TOPICS: Case = {
  does: 'keeps the order of each topic for one who reads several',
  async plays(scene) {
    const reader = await scene.reader(scene.topic('#'));
    const sender = await scene.sender();
    const sent = range(1000).map((n) => sendNumbers(sender, scene.topic(n % 2 ? 'odd' : 'even'), [n]));
    const [received] = await Promise.all([reader.take(1000), ...sent]);
    const numbers = received.map(numberOf);
    const order = [...numbers.filter((n) => n % 2 === 0), ...numbers.filter((n) => n % 2 === 1)];
    equal(order, [...range(500).map((n) => n * 2), ...range(500).map((n) => n * 2 + 1)], 'numbers by topic');
  },
};

const EVERYBODY: Case = {
  does: 'delivers each message to every subscriber',
  async plays(scene) {
    const readers = await Promise.all(range(3).map(() => scene.reader()));
    const sender = await scene.sender();
    await sendNumbers(sender, scene.topic(), range(100));
    for (const reader of readers) equalNumbers(await reader.take(100), range(100));
  },
};

const EXACTLY_ONE: Case = {
  does: 'delivers each message to exactly one of its subscribers',
  async plays(scene) {
    const readers = await Promise.all(range(3).map(() => scene.reader()));
    const sender = await scene.sender();
    const received: number[] = [];
    const read = async (reader: Reader) => {
      for (let next = await reader.next(); !next.done; next = await reader.next()) {
        received.push(numberOf(next.value));
        if (new Set(received).size === 100) return void readers.map((other) => other.subscriber.close());
      }
    };
    await Promise.all([...readers.map(read), sendNumbers(sender, scene.topic(), range(100))]);
    equal(
      received.toSorted((a, b) => a - b),
      range(100),
      'numbers, whoever got them',
    );
  },
};
