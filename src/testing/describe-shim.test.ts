import { describe, expect, it, test } from 'vitest';
import type { EventBatch } from '../events.js';
import type { AnySubscriber, EventPublisher, Publisher, SendOptions } from '../protocols.js';
import { Queue, QueuePublisher, QueueSubscriber } from '../shims/queue.js';
import { describeShim, type Shim, type ShimSupport } from './index.js';

const SUPPORTS: ShimSupport = { delivery: 'one', bytes: true, events: true, wildcards: true, redelivers: true, keeps: true, holds: true };

describeShim('A queue of events alone', queueShim({ publisher: eventsAlone }, { bytes: false }), { describe, it });

const plain = queueShim({ publisher: bytesAlone, subscriber: oneByOne }, { events: false, wildcards: false, redelivers: false });
describeShim('A queue of bytes, one by one, by exact topics', plain, { describe, it });

test.concurrent.each<[flaw: string, sentence: RegExp, shim: Shim]>([
  ['sends the buffer itself', /uses its buffer again/, queueShim({ publisher: (queue) => putting(queue, (message) => message) })],
  [
    'takes anything for a topic',
    /no topic with a TypeError/,
    queueShim({ publisher: (queue) => putting(queue, (message) => message.slice()) }),
  ],
  ['doubles a message', /once each, in order/, queueShim({ publisher: doubling })],
  ['cuts large messages', /payload of 1 MiB/, queueShim({ publisher: (queue) => putting(queue, (message) => message.slice(0, 2 ** 19)) })],
  ['sends after close', /refuses to send after close/, queueShim({ publisher: (queue) => immortal(new QueuePublisher(queue)) })],
  ['ignores signals', /signal that is aborted already/, queueShim({ publisher: bytesAloneAndDeaf })],
  ['has no sendEvents', /send and sendEvents alone/, queueShim({ publisher: bytesAlone })],
  ['matches too much', /plant\/\+" what it matches/, queueShim({ subscriber: (queue) => new QueueSubscriber(queue) })],
  [
    'does not end when closed',
    /begins after close/,
    queueShim({ subscriber: (queue, filter) => immortal(new QueueSubscriber(queue, filter)) }),
  ],
  ['has batches() and denies it', /offers no batches/, queueShim({}, { redelivers: false })],
  ['delivers to one and says to all', /to every subscriber/, queueShim({}, { delivery: 'all' })],
  ['keeps and says that it forgets', /while nobody was there/, queueShim({}, { keeps: false })],
])('a shim that %s is found out', { timeout: 60_000 }, async (_flaw, sentence, shim) => {
  expect(await failures(sentence, shim)).toEqual([expect.any(Error)]);
});

test('a runner without describe and it is refused', () => {
  expect(() => describeShim('queue', queueShim({}), {} as never)).toThrow(TypeError);
});

/** How those tests of the suite fail that the sentence names. */
async function failures(sentence: RegExp, shim: Shim): Promise<unknown[]> {
  const bodies: (() => Promise<void>)[] = [];
  const take = (title: string, body: () => Promise<void>) => sentence.test(title) && bodies.push(body);
  describeShim('it', shim, { describe: (_title, body) => body(), it: take });
  const outcomes = await Promise.allSettled(bodies.map((body) => body()));
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
}

interface Parts {
  readonly publisher?: (queue: Queue) => Publisher | EventPublisher;
  readonly subscriber?: (queue: Queue, filter: string) => AnySubscriber;
}

function queueShim(parts: Parts, supports: Partial<ShimSupport> = {}): Shim {
  const { publisher = (queue) => new QueuePublisher(queue), subscriber = (queue, filter) => new QueueSubscriber(queue, filter) } = parts;
  return {
    supports: { ...SUPPORTS, ...supports },
    open(buffer) {
      const queue = new Queue(buffer);
      return { publisher: () => publisher(queue), subscriber: (filter) => subscriber(queue, filter) };
    },
  };
}

function eventsAlone(queue: Queue): EventPublisher {
  const inner = new QueuePublisher(queue);
  return { sendEvents: (batch: EventBatch, options?: SendOptions) => inner.sendEvents(batch, options), ...ending(inner) };
}

function bytesAlone(queue: Queue): Publisher {
  const inner = new QueuePublisher(queue);
  return { send: (topic, message, options) => inner.send(topic, message, options), ...ending(inner) };
}

function bytesAloneAndDeaf(queue: Queue): Publisher {
  const inner = new QueuePublisher(queue);
  return { send: (topic, message) => inner.send(topic, message), ...ending(inner) };
}

function doubling(queue: Queue): Publisher {
  const inner = new QueuePublisher(queue);
  const send = async (topic: string, message: Uint8Array) => {
    await inner.send(topic, message);
    if (message[3] === 77) await inner.send(topic, message);
  };
  return { send, ...ending(inner) };
}

/** Puts into the queue what `from` makes of a message, unchecked. */
function putting(queue: Queue, from: (message: Uint8Array) => Uint8Array): Publisher {
  const send = (topic: string, message: Uint8Array) => queue.mailbox.put({ topic, payload: from(message) }, message.length);
  return { send, ...ending(new QueuePublisher(queue)) };
}

function oneByOne(queue: Queue, filter: string): AnySubscriber {
  if (/[+#]/.test(filter)) throw new TypeError(`No wildcards here: ${filter}`);
  const inner = new QueueSubscriber(queue, filter);
  return { [Symbol.asyncIterator]: () => inner[Symbol.asyncIterator](), ...ending(inner) };
}

function immortal<P extends object>(part: P): P {
  return Object.assign(part, { close: async () => {} });
}

function ending(part: AsyncDisposable & { close(): Promise<void> }) {
  return { close: () => part.close(), [Symbol.asyncDispose]: () => part.close() };
}
