/** The suite finds what is wrong with a log. */
import { expect, test } from 'vitest';
import { logWorld, removeLog } from '../../e2e/pages/log-world.js';
import type { Batch, BatchOptions, BatchSubscriber, Publisher } from '../protocols.js';
import { describeLog, type KeptMessage, type LogReading, type LogSubject, type LogWorld } from './index.js';

type Kept = BatchSubscriber<KeptMessage>;

test.concurrent.each<[flaw: string, sentence: RegExp, flawed: (world: LogWorld) => LogWorld]>([
  ['promises before it has stored', /settled for, though/, publishing(promisingEarly)],
  ['keeps the buffer itself', /uses its buffer again/, publishing(sendingLater)],
  ['keeps duplicates', /producer and number once/, publishing(withAnotherProducer)],
  ['knows no offsets', /without a hole, and never/, messages((message) => ({ ...message, offset: { ...message.offset, seq: 0 } }))],
  ['knows no times', /topics, bytes and the time/, messages((message) => ({ ...message, time: 0 }))],
  ['loses a message', /into one order/, messages((message) => (message.offset.seq === 77 ? undefined : message))],
  ['brings everything to everybody', /topics of its filter alone/, reading((_filter, options) => ['#', options])],
  [
    'forgets names',
    /where it stopped, in another place/,
    reading((filter, { name: _, ...options } = {}) => [filter, { from: 'start', ...options }]),
  ],
  [
    'begins a name anew',
    /only when it is new/,
    reading((filter, options) => [filter, options?.name ? { from: options.from ?? 'start' } : options]),
  ],
  ['cannot replay from offsets', /from an offset on/, reading((filter, options) => [filter, { ...options, from: 'start' }])],
  ['cannot replay from times', /from a time on/, reading((filter, options) => [filter, { ...options, from: 'start' }])],
  ['acknowledges what it gives', /never acknowledged/, batches(acknowledging)],
  ['hides its gaps', /overtaken/, batches((batch) => ({ ...batch, messages: batch.messages.filter((message) => 'topic' in message) }))],
  ['lives on when closed', /ends what was opened/, (world) => ({ ...world, close: async () => {} })],
])('a log that %s is found out', { timeout: 60_000 }, async (_flaw, sentence, flawed) => {
  const open: LogSubject['open'] = async (name, wish) => flawed(await logWorld(name, wish, 'relaxed'));
  expect(await failures(sentence, { open, remove: removeLog })).toEqual([expect.any(Error)]);
});

test('a runner without describe and it is refused', () => {
  expect(() => describeLog('log', { open: (name, wish) => logWorld(name, wish, 'relaxed') }, {} as never)).toThrow(TypeError);
});

/** How those tests of the suite fail that the sentence names. */
async function failures(sentence: RegExp, subject: LogSubject): Promise<unknown[]> {
  const bodies: (() => Promise<void>)[] = [];
  const take = (title: string, body: () => Promise<void>) => sentence.test(title) && bodies.push(body);
  describeLog('it', subject, { describe: (_title, body) => body(), it: take });
  const outcomes = await Promise.allSettled(bodies.map((body) => body()));
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
}

function publishing(send: (inner: Publisher) => Pick<Publisher, 'send'>) {
  return (world: LogWorld): LogWorld => ({
    ...world,
    publisher: async () => {
      const inner = await world.publisher();
      return { ...send(inner), close: () => inner.close(), [Symbol.asyncDispose]: () => inner.close() };
    },
  });
}

function promisingEarly(inner: Publisher): Pick<Publisher, 'send'> {
  return { send: async (...sent) => void setTimeout(() => inner.send(...sent).catch(() => {}), 100) };
}

function sendingLater(inner: Publisher): Pick<Publisher, 'send'> {
  return {
    async send(...sent) {
      await new Promise((resolve) => setTimeout(resolve));
      await inner.send(...sent);
    },
  };
}

/** Whose messages have no number of their own. */
function withAnotherProducer(inner: Publisher): Pick<Publisher, 'send'> {
  return {
    async send(topic, message) {
      const changed = message.slice();
      const producer = changed.findIndex((byte, i) => byte === 0xab && changed[i + 1] === 0xab);
      if (producer >= 0) crypto.getRandomValues(changed.subarray(producer, producer + 16));
      await inner.send(topic, changed);
    },
  };
}

/** Reads something else than it was asked for. */
function reading(asked: (filter: string, options?: LogReading) => readonly [filter: string, reading: LogReading | undefined]) {
  return (world: LogWorld): LogWorld => ({
    ...world,
    subscriber: (filter, options) => {
      const [instead, other] = asked(filter, options);
      return world.subscriber(instead, other);
    },
  });
}

function batches(changed: (batch: Batch<KeptMessage>) => Batch<KeptMessage>) {
  return (world: LogWorld): LogWorld => ({
    ...world,
    subscriber: async (filter, options) => {
      const inner = await world.subscriber(filter, options);
      return {
        ready: async () => inner.ready?.(),
        batches: (asked) => changing(inner, asked, changed),
        [Symbol.asyncIterator]: () => inner[Symbol.asyncIterator](),
        close: () => inner.close(),
        [Symbol.asyncDispose]: () => inner.close(),
      };
    },
  });
}

async function* changing(inner: Kept, options: BatchOptions | undefined, changed: (batch: Batch<KeptMessage>) => Batch<KeptMessage>) {
  for await (const batch of inner.batches(options)) yield changed(batch);
}

function messages(changed: (message: KeptMessage) => KeptMessage | undefined) {
  return batches((batch) => ({
    messages: batch.messages
      .map((message) => ('offset' in message ? changed(message) : message))
      .filter((message) => message !== undefined),
    ack: () => batch.ack(),
  }));
}

function acknowledging(batch: Batch<KeptMessage>): Batch<KeptMessage> {
  batch.ack();
  return batch;
}
