import fc from 'fast-check';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { messagePack } from './codec.js';
import { StreamConsumer } from './consumer.js';
import { StreamError } from './errors.js';
import { type EventBatch, MAX_MESSAGE_BYTES } from './events.js';
import { anyBatch, PRODUCER } from './fixtures/data.js';
import { jsonCodec } from './json-codec.js';
import { pack } from './pack.js';
import type { AnySubscriber, Codec } from './protocols.js';
import { readBatch } from './read-batch.js';
import { BroadcastChannelSubscriber } from './shims/broadcast-channel.js';
import { MqttConnection, MqttPublisher, MqttSubscriber } from './shims/mqtt.js';
import { Queue, QueuePublisher, QueueSubscriber } from './shims/queue.js';

const REFUSALS = ['invalid_message', 'unsupported_version', 'too_large'];
/** A sender of whom nothing else is known. */
const STRANGER = 'ff'.repeat(16);
/** Messages of all kinds of events and data. */
const VALID = fc.sample(anyBatch, { numRuns: 300, seed: 1 }).map(assembled);
/** Of a message as large as it may be, beside its header. */
const NEARLY = MAX_MESSAGE_BYTES - 100;
const PROTOTYPE = Object.getOwnPropertyNames(Object.prototype).sort();

afterEach(() => {
  expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(PROTOTYPE);
});

describe('whatever bytes arrive, they are a batch or a typed error', () => {
  test('noise', () => {
    fc.assert(fc.property(noise(), isReadOrRefused(messagePack)), { numRuns: 5000 });
  });

  test('valid messages with some bits changed', () => {
    fc.assert(fc.property(tampered(), isReadOrRefused(messagePack)), { numRuns: 5000 });
  });

  test('valid messages, cut at every byte or with bytes behind them', () => {
    fc.assert(
      fc.property(fc.constantFrom(...VALID), (message) => {
        const cut = Array.from(message.keys(), (length) => message.slice(0, length));
        expect(new Set([...cut, joined(message, [0xc0])].map((bytes) => outcome(messagePack, bytes)))).toEqual(
          new Set(['invalid_message']),
        );
      }),
      { numRuns: 10 },
    );
  });

  test('noise to the JSON codec', () => {
    const codec = jsonCodec({ metadata: (object) => object, endOfStream: { end: true } });
    const jsonLike = fc.array(fc.constantFrom(...'{}[],:"\\u00_prot0123.eE- tfn'), { maxLength: 60 }).map((signs) => utf8(signs.join('')));
    fc.assert(fc.property(fc.oneof(noise(), jsonLike, fc.json().map(utf8)), isReadOrRefused(codec)), { numRuns: 3000 });
  });
});

describe('in bounded time and memory', () => {
  const listOf = (part: readonly number[]) => joined([0xdd, ...u32(Math.floor(NEARLY / part.length))], filled(part));

  test.each<[string, () => Uint8Array]>([
    ['a list that announces 4,294,967,295 events', () => header([0xdd, 255, 255, 255, 255])],
    ['a map that announces as many entries', () => header([0x91, 0x93, 0, 0xdf, 255, 255, 255, 255])],
    ['a string that announces 4 GB', () => header([0x91, 0x93, 0, 0x81, 0xdb, 255, 255, 255, 255])],
    ['a payload that announces 4 GB', () => header([0x91, 0x93, 0, 0x80, 0xc6, 255, 255, 255, 255])],
    ['an extension that announces 4 GB', () => header([0x91, 0x93, 0, 0x81, 0xa1, 0x61, 0xc9, 255, 255, 255, 255, 2])],
    ['a million lists in each other', () => header(filled([0x91], 1_000_000))],
    ['65,536 maps in each other', () => header(joined([0x91, 0x93, 0], filled([0x81, 0xa1, 0x61], 3 * 65_536)))],
    ['Sets in each other', () => header(joined([0x91, 0x93, 0, 0x81, 0xa1, 0x61], nestedSets(100), [0xc4, 0]))],
    ['lists in each other that all announce as much as there is', () => header(filled([0xdd, 0, 200, 0, 0]))],
    ['a big integer of 16 MB', () => inMetadata([0xc9, ...u32(NEARLY), 1], filled([7]))],
  ])('%s', (_, message) => {
    expect(outcome(messagePack, message())).toBe('invalid_message');
  });

  test.each<[string, readonly number[]]>([
    ['maps', [0x80]],
    ['lists', [0x90]],
    ['binaries', [0xc4, 0]],
    ['Sets', [0xc7, 1, 3, 0x90]],
    ['buffers', [0xd4, 4, 11]],
    ['dates', [0xd6, 0xff, 0, 0, 0, 0]],
  ])('16 MB of empty %s, in metadata or in an object', (_, part) => {
    expect(outcome(messagePack, inMetadata([], listOf(part)))).toBe('too_large');
    expect(outcome(messagePack, inlinePayload(listOf(part)))).toBe('too_large');
  });

  test('many objects that are each within bounds, and together are not', () => {
    const payload = pack(Array.from({ length: 50_000 }, () => ({})));
    const event = joined([0x93, 0, 0x80, 0xc6, ...u32(payload.length)], payload);
    const { events } = messagePack.decode(header(joined([0xdc, 0, 100], ...Array<Uint8Array>(100).fill(event))), '');
    const outcomes = events.map((event) => codeOf(() => (event as { object: unknown }).object));
    expect(new Set(outcomes)).toEqual(new Set(['read', 'too_large']));
    expect(outcomes.filter((code) => code === 'read')).toHaveLength(20);
    expect(codeOf(() => (events[0] as { object: unknown }).object)).toBe('read');
  });
});

describe('what is no message is called that', () => {
  const wire = (...fields: unknown[]) => pack(fields);
  const producer = Uint8Array.from(Buffer.from(PRODUCER, 'hex'));

  test.each<[string, Uint8Array, string]>([
    ['no bytes at all', new Uint8Array(), 'invalid_message'],
    ['no list', pack({ version: 1 }), 'invalid_message'],
    ['an empty list', wire(), 'invalid_message'],
    ['version 0', wire(0, 'a', producer, 0, [], []), 'invalid_message'],
    ['version "1"', wire('1', 'a', producer, 0, [], []), 'invalid_message'],
    ['version 2', wire(2, 'a', producer, 0, [], []), 'unsupported_version'],
    ['version 2, of which nothing else is known', Uint8Array.of(0x92, 2, 0xc1), 'unsupported_version'],
    ['version 300', wire(300, 'a', producer, 0, [], []), 'unsupported_version'],
    ['no topic', wire(1, '', producer, 0, [], []), 'invalid_message'],
    ['a topic with a wildcard', wire(1, 'a/#', producer, 0, [], []), 'invalid_message'],
    ['a producer of 15 bytes', wire(1, 'a', producer.slice(1), 0, [], []), 'invalid_message'],
    ['a producer in letters', wire(1, 'a', PRODUCER, 0, [], []), 'invalid_message'],
    ['a negative sequence number', wire(1, 'a', producer, -1, [], []), 'invalid_message'],
    ['a fractional one', wire(1, 'a', producer, 0.5, [], []), 'invalid_message'],
    ['one beyond exact numbers', wire(1, 'a', producer, 2 ** 53, [], []), 'invalid_message'],
    ['stores that are no list', wire(1, 'a', producer, 0, {}, []), 'invalid_message'],
    ['a store without a name', wire(1, 'a', producer, 0, [{ url: 'x' }], []), 'invalid_message'],
    ['events that are no list', wire(1, 'a', producer, 0, [], {}), 'invalid_message'],
    ['an event of an unknown kind', wire(1, 'a', producer, 0, [], [[3, {}]]), 'invalid_message'],
    ['an inline event without a payload', wire(1, 'a', producer, 0, [], [[0, {}]]), 'invalid_message'],
    ['an inline event whose payload is no binary', wire(1, 'a', producer, 0, [], [[0, {}, 'x']]), 'invalid_message'],
    ['metadata that is a list', wire(1, 'a', producer, 0, [], [[0, [], new Uint8Array(1)]]), 'invalid_message'],
    ['metadata that is a Map', wire(1, 'a', producer, 0, [], [[0, new Map(), new Uint8Array(1)]]), 'invalid_message'],
    ['a key event of a store that is not named', wire(1, 'a', producer, 0, [{ name: 's' }], [[1, {}, 1, 'k', true, 0]]), 'invalid_message'],
    ['a key event with a negative size', wire(1, 'a', producer, 0, [{ name: 's' }], [[1, {}, 0, 'k', true, -1]]), 'invalid_message'],
    ['a key that would change a prototype', header([0x91, 0x93, 0, 0x81, 0xa9, ...utf8('__proto__'), 0x80, 0xc4, 0]), 'invalid_message'],
    ['a string that is no UTF-8', header([0x91, 0x93, 0, 0x81, 0xa1, 0x61, 0xa2, 0xc3, 0x28, 0xc4, 0]), 'invalid_message'],
    ['a timestamp of no length that there is', header([0x91, 0x93, 0, 0x81, 0xa1, 0x61, 0xd5, 0xff, 0, 0, 0xc4, 0]), 'invalid_message'],
    ['an extension that nobody knows', header([0x91, 0x93, 0, 0x81, 0xa1, 0x61, 0xd4, 9, 0, 0xc4, 0]), 'invalid_message'],
    ['a map key that is a list', header([0x91, 0x93, 0, 0x81, 0x90, 0, 0xc4, 0]), 'invalid_message'],
    ['a typed array with half an element', header([0x91, 0x93, 0, 0x81, 0xa1, 0x61, 0xd5, 4, 2, 7, 0xc4, 0]), 'invalid_message'],
    ['a Map with half an entry', header([0x91, 0x93, 0, 0x81, 0xa1, 0x61, 0xd5, 2, 0x91, 7, 0xc4, 0]), 'invalid_message'],
    ['a Set of more than its extension holds', header([0x91, 0x93, 0, 0x81, 0xa1, 0x61, 0xd4, 3, 0x91, 7, 0xc4, 0]), 'invalid_message'],
  ])('%s', (_, message, code) => {
    expect(outcome(messagePack, message)).toBe(code);
  });
});

describe('the stream goes on behind what is not valid, which is told and counted', () => {
  const invalidBytes = fc.oneof(noise(), tampered()).filter((message) => codeOf(() => messagePack.decode(message, 'plant')) !== 'read');

  test('on a queue', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(invalidBytes, { maxLength: 40 }), async (messages) => {
        const queue = new Queue();
        const publisher = new QueuePublisher(queue);
        const send = (message: Uint8Array) => publisher.send('plant', message);
        await goesOn(new QueueSubscriber(queue), messages, send, (seq) => send(numbered(seq)), { codec: messagePack });
      }),
      { numRuns: 100 },
    );
  });

  test('within a batch, too: an object that is malformed costs no other', async () => {
    const events = [1, 2, 3].map((object) => messagePack.encodeEvent({ type: 'inline', metadata: {}, object }));
    events[1]?.set([0xc1], 5); // its only byte
    const message = messagePack.assemble({ topic: 'plant', producer: PRODUCER, seq: 0, stores: [] }, events);
    const queue = new Queue();
    await new QueuePublisher(queue).send('plant', message);
    const heard: string[] = [];
    const consumer = new StreamConsumer<number>(new QueueSubscriber(queue), {
      codec: messagePack,
      onInvalid: ({ code }) => heard.push(code),
    });
    expect([await consumer.next(), await consumer.next()]).toEqual([
      { done: false, value: 1 },
      { done: false, value: 3 },
    ]);
    expect([heard, consumer.stats.invalid]).toEqual([['invalid_message'], 1]);
    await consumer.close();
  });

  test('on a queue of JSON', async () => {
    const codec = jsonCodec();
    const invalid = fc.oneof(noise(), fc.string().map(utf8)).filter((message) => outcome(codec, message) !== 'read');
    await fc.assert(
      fc.asyncProperty(fc.array(invalid, { maxLength: 40 }), async (messages) => {
        const queue = new Queue();
        const publisher = new QueuePublisher(queue);
        const send = (message: Uint8Array) => publisher.send('plant', message);
        await goesOn(new QueueSubscriber(queue), messages, send, (seq) => send(utf8(String(seq))), { codec });
      }),
      { numRuns: 50 },
    );
  });

  test('on a BroadcastChannel', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostileClone(), { maxLength: 40 }), async (messages) => {
        const channel = crypto.randomUUID();
        const sender = new BroadcastChannel(channel);
        const subscriber = new BroadcastChannelSubscriber('#', { channel });
        await subscriber.ready();
        const send = async (message: unknown) => sender.postMessage(message);
        await goesOn(subscriber, messages, send, (seq) => send([1, 'plant', STRANGER, seq, [], [[0, {}, seq]]]));
        sender.close();
      }),
      { numRuns: 100 },
    );
  });

  test('on a BroadcastChannel that carries bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(invalidBytes, { maxLength: 40 }), async (messages) => {
        const channel = crypto.randomUUID();
        const sender = new BroadcastChannel(channel);
        const subscriber = new BroadcastChannelSubscriber('plant', { channel });
        await subscriber.ready();
        const send = async (message: Uint8Array) => sender.postMessage(['bytes', 'plant', message]);
        await goesOn(subscriber, messages, send, (seq) => send(numbered(seq)), { codec: messagePack });
        sender.close();
      }),
      { numRuns: 25 },
    );
  });

  test('over MQTT', async () => {
    await using connection = new MqttConnection({ url: inject('mosquitto').tcpUrl });
    await fc.assert(
      fc.asyncProperty(fc.array(invalidBytes, { maxLength: 40 }), async (messages) => {
        const topic = `hostile/${crypto.randomUUID()}`;
        const publisher = new MqttPublisher({ connection });
        const subscriber = new MqttSubscriber(topic, { connection });
        await subscriber.ready();
        const send = (message: Uint8Array) => publisher.send(topic, message);
        await goesOn(subscriber, messages, send, (seq) => send(numbered(seq)));
      }),
      { numRuns: 25 },
    );
  });
});

/** Sends a numbered event behind each hostile message, and reads them all. */
async function goesOn<M>(
  subscriber: AnySubscriber,
  messages: readonly M[],
  send: (message: M) => Promise<void>,
  sendNumber: (seq: number) => Promise<void>,
  options: { codec?: Codec } = {},
): Promise<void> {
  const heard: string[] = [];
  const onInvalid = ({ code }: StreamError) => heard.push(code);
  const consumer = new StreamConsumer<number>(subscriber, { ...options, endOfStream: 'never', onInvalid });
  for (const [seq, message] of messages.entries()) {
    await send(message);
    await sendNumber(seq);
    expect(await consumer.next()).toEqual({ done: false, value: seq });
  }
  expect(heard.filter((code) => !REFUSALS.includes(code))).toEqual([]);
  expect([heard.length, consumer.stats.invalid]).toEqual([messages.length, messages.length]);
  await consumer.close();
}

function numbered(seq: number): Uint8Array {
  return assembled({ topic: 'plant', producer: STRANGER, seq, stores: [], events: [{ type: 'inline', metadata: {}, object: seq }] });
}

function assembled(batch: EventBatch): Uint8Array {
  const events = batch.events.map((event) => messagePack.encodeEvent(event));
  return messagePack.assemble(batch, events);
}

function isReadOrRefused(codec: Codec) {
  return (message: Uint8Array) => {
    expect(['read', ...REFUSALS]).toContain(outcome(codec, message));
  };
}

/** `'read'` when all of it can be, objects included; else the code of the error. */
function outcome(codec: Codec, message: Uint8Array): string {
  return codeOf(() => codec.decode(message, '').events.map((event) => event.type === 'inline' && event.object));
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'read';
  } catch (error) {
    return error instanceof StreamError ? error.code : String(error);
  }
}

/** Random bytes, or the bytes that MessagePack gives a meaning in random order. */
function noise(): fc.Arbitrary<Uint8Array> {
  const heads = [
    0x81, 0x82, 0x91, 0x96, 0xa1, 0xa9, 0xc0, 0xc4, 0xc7, 0xc9, 0xcb, 0xcf, 0xd4, 0xd7, 0xd9, 0xdc, 0xdd, 0xde, 0xdf, 0, 1, 2, 3, 4, 0xff,
  ];
  return fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(fc.constantFrom(...heads), { maxLength: 100 }).map((bytes) => Uint8Array.from(bytes)),
    fc.array(fc.constantFrom(...heads), { maxLength: 60 }).map((bytes) => header(bytes)),
    fc.array(fc.constantFrom(...heads), { maxLength: 60 }).map((bytes) => inlinePayload(Uint8Array.from(bytes))),
  );
}

/** A valid message after some bytes were overwritten. */
function tampered(): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
  return fc.tuple(fc.constantFrom(...VALID), changes).map(([valid, overwrites]) => {
    const message = valid.slice();
    for (const [at, byte] of overwrites) message[at % message.length] = byte;
    return message;
  });
}

/** What anyone on the origin might post, and is no batch. */
function hostileClone(): fc.Arbitrary<unknown> {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
  });
  const event: unknown[] = [1, {}, 0, 'k', true, 0];
  const valid: unknown[] = [1, 'plant', PRODUCER, 0, [{ name: 's' }], [[0, {}, 1], event, [2]]];
  return fc
    .oneof(
      anything,
      fc.tuple(fc.constant('bytes'), fc.constant('plant'), anything),
      fc.tuple(fc.nat(5), anything).map(([at, value]) => valid.with(at, value)),
      fc.tuple(fc.nat(5), anything).map(([at, value]) => valid.with(5, [event.with(at, value)])),
      fc.constantFrom<unknown>(
        valid.with(5, new Array(2 ** 32 - 1)),
        valid.with(4, new Array(2 ** 32 - 1)),
        valid.with(1, 'a/#'),
        valid.with(2, PRODUCER.toUpperCase()),
      ),
    )
    .filter((message) => !isBatch(message) && !isOfNoConcern(message));
}

/** A filter with a wildcard in front leaves these alone. */
function isOfNoConcern(message: unknown): boolean {
  return Array.isArray(message) && typeof message[1] === 'string' && message[1].startsWith('$');
}

function isBatch(message: unknown): boolean {
  const [kind] = Array.isArray(message) ? message : [];
  if (kind === 'bytes') return Array.isArray(message) && message[2] instanceof Uint8Array;
  return codeOf(() => readBatch(message)) === 'read';
}

/** As often as it fits. */
function filled(part: readonly number[], size = NEARLY): Uint8Array {
  const bytes = new Uint8Array(size - (size % part.length));
  bytes.set(part);
  for (let done = part.length; done < bytes.length; done *= 2) bytes.copyWithin(done, 0, done);
  return bytes;
}

/** A message whose events are these bytes. */
function header(events: Uint8Array | readonly number[]): Uint8Array {
  return joined([0x96, 1, 0xa1, 0x61, 0xc4, 16, ...Buffer.from(PRODUCER, 'hex'), 0, 0x90], events);
}

function inlinePayload(payload: Uint8Array): Uint8Array {
  return joined(header([0x91, 0x93, 0, 0x80, 0xc6, ...u32(payload.length)]), payload);
}

function inMetadata(head: readonly number[], content: Uint8Array): Uint8Array {
  return joined(header([0x91, 0x93, 0, 0x81, 0xa1, 0x61, ...head]), content, [0xc4, 0]);
}

function nestedSets(levels: number): Uint8Array {
  let bytes = Uint8Array.of(0x90);
  for (let i = 0; i < levels; i++) bytes = joined([0xc8, ...u32(bytes.length + 1).slice(2), 3, 0x91], bytes);
  return bytes;
}

function joined(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
