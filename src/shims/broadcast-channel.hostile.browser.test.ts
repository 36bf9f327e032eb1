/** Anyone on the origin can post anything on a channel. */
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { openFarTab } from '../../e2e/pages/open-far-tab.js';
import { type EventSubscriber, StreamConsumer, type StreamError, StreamProducer } from '../index.js';
import { farWorlds } from '../testing/index.js';
import { BroadcastChannelPublisher, BroadcastChannelSubscriber, type BroadcastChannelSubscriberOptions } from './broadcast-channel.js';

const PRODUCER = 'ab'.repeat(16);
const goodBatch = (events: readonly unknown[], seq: unknown = 0) => [1, 'a', PRODUCER, seq, [], events];
const columns = (metadata: unknown, objects: unknown) => [1, 'a', PRODUCER, 0, [], metadata, objects];

test('whatever is posted, a consumer tells of it and goes on with its stream', async () => {
  const { consumer, heard, post, producer } = await eavesdropped();
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(posts(), { minLength: 100, maxLength: 100 }), async (values) => {
      for (const value of values) post(value);
      await producer.send('a', ++sent);
      for (let next = await consumer.next(); next.value !== sent; next = await consumer.next()) expect(next.done).toBe(false);
      const codes = heard.splice(0).map(({ code }) => code);
      expect(codes.length).toBeLessThanOrEqual(values.length);
      expect(codes.filter((code) => !/^(invalid_message|unsupported_version|unsupported)$/.test(code))).toEqual([]);
    }),
    { numRuns: 100 },
  );
  expect(consumer.stats.invalid).toBeGreaterThan(5000);
});

test.each([
  ['no list', 'hello', 'invalid_message'],
  ['no topic', [1, 7, PRODUCER, 0, [], []], 'invalid_message'],
  ['bytes that are none', ['bytes', 'a', 'text'], 'invalid_message'],
  ['a version of the future', [2, 'a', PRODUCER, 0, [], []], 'unsupported_version'],
  ['no producer', [1, 'a', 'me', 0, [], []], 'invalid_message'],
  ['no sequence number', [1, 'a', PRODUCER, -1, [], []], 'invalid_message'],
  ['a reference to a store that is not there', goodBatch([[1, {}, 0, 'key', true, 1]]), 'invalid_message'],
  ['an unknown kind of event', goodBatch([[9, {}, 1]]), 'invalid_message'],
  ['metadata that is no map', goodBatch([[0, new Map(), 1]]), 'invalid_message'],
  ['metadata that is no map, in columns', columns([new Map()], [1]), 'invalid_message'],
  ['metadata that is missing, in columns', columns(Object.assign([], { length: 4e9 }), [1]), 'invalid_message'],
  ['columns that are no lists', columns({}, [1]), 'invalid_message'],
  ['objects that are no list', columns([{}], 'text'), 'invalid_message'],
])('a message with %s is told of by its code', async (_, message, code) => {
  const { consumer, heard, post, producer } = await eavesdropped();
  post(message);
  await producer.send('a', 1);
  expect(await consumer.next()).toEqual({ done: false, value: 1 });
  expect(heard.map((error) => error.code)).toEqual([code]);
});

test('a message over maxBytes is told of and not kept', async () => {
  const { consumer, heard, post, producer } = await eavesdropped({ maxBytes: 1000 });
  post(['bytes', 'a', new Uint8Array(1001)]);
  post(goodBatch([[0, {}, 'x'.repeat(1000)]]));
  await producer.send('a', 1);
  expect(await consumer.next()).toEqual({ done: false, value: 1 });
  expect(heard.map((error) => error.code)).toEqual(['too_large', 'too_large']);
});

test('what cannot be deserialised in another tab is told of there, and the stream goes on', async () => {
  const tab = openFarTab();
  onTestFinished(() => tab.close());
  const channel = crypto.randomUUID();
  const far = await farWorlds(tab.line)(channel, {});
  const subscriber = (await far.subscriber('a')) as EventSubscriber;
  await subscriber.ready?.();
  const heard: StreamError[] = [];
  const consumer = new StreamConsumer<number>(subscriber, { onInvalid: (error) => heard.push(error) });
  const stranger = new BroadcastChannel(channel);
  // Compiled code stays within the processes that share memory.
  const module = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  stranger.postMessage(['bytes', 'a', module]);
  stranger.postMessage(goodBatch([[0, {}, 1]]));
  stranger.close();
  expect(await consumer.next()).toEqual({ done: false, value: 1 });
  expect(heard.map(({ code }) => code)).toEqual(['invalid_message']);
  await consumer.close();
});

/** A consumer on a channel of its own, a producer, and somebody who posts what they like. */
async function eavesdropped(options: BroadcastChannelSubscriberOptions = {}) {
  const channel = crypto.randomUUID();
  const subscriber = new BroadcastChannelSubscriber('#', { ...options, channel });
  const heard: StreamError[] = [];
  const consumer = new StreamConsumer<number>(subscriber, { endOfStream: 'never', onInvalid: (error) => heard.push(error) });
  const producer = new StreamProducer<number>(new BroadcastChannelPublisher({ channel }));
  const stranger = new BroadcastChannel(channel);
  await subscriber.ready();
  onTestFinished(async () => {
    stranger.close();
    await Promise.all([consumer.close(), producer.close()]);
  });
  return { consumer, heard, producer, post: (value: unknown) => stranger.postMessage(value) };
}

/** Anything, and what is nearly right: a valid batch of which one part is something else. */
function posts(): fc.Arbitrary<unknown> {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withNullPrototype: false,
  });
  const nearly = fc.tuple(fc.nat({ max: 5 }), anything).map(([place, value]) => goodBatch([]).with(place, value));
  const inColumns = fc.tuple(anything, anything).map(([metadata, objects]) => columns(metadata, objects));
  return fc.oneof(anything, nearly, inColumns, fc.tuple(fc.constant('bytes'), fc.constant('a'), anything));
}
