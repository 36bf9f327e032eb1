/** Wrong topics are the caller's bug; wrong bytes are the stream's daily business. */
import { messagePack } from '../../codec.js';
import { StreamConsumer } from '../../consumer.js';
import type { StreamError } from '../../errors.js';
import { StreamProducer } from '../../producer.js';
import type { Publisher } from '../../protocols.js';
import { equal, failure, inTime, ok } from '../expect.js';
import { equalNumbers, numbered, range } from '../numbers.js';
import type { ShimSupport } from '../shim.js';
import type { Case } from './case.js';

const TOO_LONG = 'x'.repeat(65_536);
const NO_STRINGS = [null, 7, {}];
const BAD_TOPICS = ['', '+', '#', 'a/+', 'a/#', 'a+b', 'a\0b', '\ud800', 'a/\udc00/b', TOO_LONG, ...NO_STRINGS];
const BAD_FILTERS = ['', 'a/#/b', '#/a', 'a#', '#a', 'a+/b', 'a/+b', '++', 'a\0b', '\udfff', TOO_LONG, ...NO_STRINGS];

export function hostile({ bytes, wildcards }: ShimSupport): readonly Case[] {
  return [TOPICS, ...(wildcards ? [FILTERS] : []), ...(bytes ? [GARBAGE] : [])];
}

const TOPICS: Case = {
  does: 'rejects sends to what is no topic with a TypeError, and goes on',
  async plays(scene) {
    const reader = await scene.reader();
    const sender = await scene.sender();
    for (const topic of BAD_TOPICS) {
      const error = await failure(() => sender.send(topic as string, numbered(1)), `send to ${brief(topic)}`);
      ok(error instanceof TypeError, `a TypeError for ${brief(topic)}, got ${error}`);
    }
    await sender.send(scene.topic(), numbered(2));
    equalNumbers(await reader.take(1), [2]);
  },
};

const FILTERS: Case = {
  does: 'refuses what is no topic filter with a TypeError',
  async plays(scene) {
    for (const filter of BAD_FILTERS) {
      const error = await failure(() => scene.unready(filter as string), `subscriber to ${brief(filter)}`);
      ok(error instanceof TypeError, `a TypeError for ${brief(filter)}, got ${error}`);
    }
  },
};

const GARBAGE: Case = {
  does: 'brings bytes that are no events to onInvalid, counts them, and goes on with the stream',
  async plays(scene) {
    const heard: StreamError[] = [];
    const subscriber = await scene.subscriber(scene.topic());
    const consumer = new StreamConsumer<number>(subscriber, { codec: messagePack, onInvalid: (error) => heard.push(error) });
    const publisher = (await scene.publisher()) as Publisher;
    const producer = new StreamProducer<number>(publisher, { codec: messagePack });
    const received: number[] = [];
    const reading = (async () => {
      for await (const n of consumer) received.push(n);
    })();
    for (const n of range(20)) {
      await Promise.all(garbage(n).map((message) => publisher.send(scene.topic(), message)));
      await producer.send(scene.topic(), n);
    }
    await producer.closeTopics(scene.topic());
    await inTime(reading, 'the stream has not ended');
    equal(received, range(20), 'objects');
    const sent = range(20).reduce((sum, n) => sum + garbage(n).length, 0);
    equal([heard.length, consumer.stats.invalid], [sent, sent], 'invalid messages');
    const codes = new Set(heard.map(({ code }) => code));
    for (const code of codes) ok(/^(invalid_message|unsupported_version|too_large)$/.test(code), `codes of invalid messages, got ${code}`);
  },
};

/** Noise, and valid messages that were cut, lengthened or come from the future. */
function garbage(seed: number): Uint8Array[] {
  const valid = messagePack.assemble({ topic: 'a', producer: 'ab'.repeat(16), seq: 0, stores: [] }, [
    messagePack.encodeEvent({ type: 'inline', metadata: { seed }, object: { seed, text: 'valid' } }),
  ]);
  const next = xorshift(seed + 1);
  const noise = range(5).map((n) => Uint8Array.from({ length: n * n * 20 }, () => next() & 255));
  const cut = range(5).map(() => valid.slice(0, next() % valid.length));
  const longer = new Uint8Array(valid.length + 1);
  longer.set(valid);
  const future = valid.slice();
  future[1] = 2 + (seed % 100);
  return [...noise, ...cut, longer, future];
}

function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function brief(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 20)) : String(value);
}
