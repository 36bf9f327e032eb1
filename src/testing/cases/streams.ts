/** Whole streams, from a StreamProducer to a StreamConsumer. */
import { messagePack } from '../../codec.js';
import { type ConsumerOptions, StreamConsumer } from '../../consumer.js';
import { type ProducerOptions, StreamProducer } from '../../producer.js';
import { equal, failsWith, inTime, ok } from '../expect.js';
import { range } from '../numbers.js';
import type { Scene } from '../scene.js';
import type { ShimSupport } from '../shim.js';
import type { Case } from './case.js';

export function streams({ events, bytes, redelivers }: ShimSupport): readonly Case[] {
  return [ROUND_TRIP, FILTERED, TWO_PRODUCERS, BATCHES, CLOSED, ...(redelivers ? [LEFT_AND_TAKEN_UP] : []), offers(bytes, events)];
}

const OBJECTS: readonly unknown[] = [
  { text: 'ü🌍', empty: '', list: [1, [2, {}]], none: null, absent: undefined },
  { bytes: Uint8Array.of(1, 2, 255), date: new Date(0), big: 2n ** 60n },
  0,
  false,
  '',
  null,
];

const ROUND_TRIP: Case = {
  does: 'carries a stream of objects with their metadata to its end',
  async plays(scene) {
    const { producer, consumer } = await pair<unknown>(scene);
    const reading = collect(consumer.iterWithMetadata());
    for (const [n, object] of OBJECTS.entries()) await producer.send(scene.topic(), object, { metadata: { n, nested: { of: ['a'] } } });
    await producer.closeTopics(scene.topic());
    const expected = OBJECTS.map((object, n) => [{ n, nested: { of: ['a'] } }, object]);
    equal(await reading, expected, 'metadata and objects');
    equal((await consumer.next()).done, true, 'done, and for good');
  },
};

const FILTERED: Case = {
  does: "carries a stream through a consumer's filter",
  async plays(scene) {
    const { producer, consumer } = await pair<number>(scene, {}, { filter: ({ n }) => n % 3 !== 0 });
    const reading = collect(consumer);
    await Promise.all(range(300).map((n) => producer.send(scene.topic(), n, { metadata: { n } })));
    await producer.closeTopics(scene.topic());
    const thirds = range(100).map((n) => n * 3);
    equal(await reading, thirds, 'objects');
    equal([consumer.stats.events, consumer.stats.dropped], [100, 200], 'counts');
  },
};

const TWO_PRODUCERS: Case = {
  does: 'carries the streams of two producers on one topic to the end of both',
  async plays(scene) {
    type Numbered = { readonly who: string; readonly n: number };
    const consumer = await consumerOn<Numbered>(scene, { endOfStream: 2 });
    const reading = collect(consumer);
    const streaming = ['one', 'two'].map(async (who, i) => {
      const producer = await producerOn<Numbered>(scene);
      await Promise.all(range(500 * (i + 1)).map((n) => producer.send(scene.topic(), { who, n })));
      await producer.closeTopics(scene.topic());
    });
    await inTime(Promise.all(streaming), 'the producers have not finished');
    const received = await reading;
    for (const [i, who] of ['one', 'two'].entries()) {
      const numbers = received.filter((object) => object.who === who).map(({ n }) => n);
      equal(numbers, range(500 * (i + 1)), `numbers of producer ${who}`);
    }
    equal([consumer.stats.gaps, consumer.stats.duplicates, consumer.stats.invalid], [0, 0, 0], 'gaps, duplicates, invalid');
  },
};

const BATCHES: Case = {
  does: 'carries batches, the last one partial, in order',
  async plays(scene) {
    const { producer, consumer } = await pair<number>(scene, { batchSize: 64 });
    const reading = collect(consumer);
    for (const n of range(1000)) await producer.send(scene.topic(), n);
    await producer.closeTopics(scene.topic());
    equal(await reading, range(1000), 'objects');
    equal(producer.stats.batches, 16, 'batches');
  },
};

const CLOSED: Case = {
  does: 'closes with its producer and its consumer',
  async plays(scene) {
    const { producer, consumer } = await pair<number>(scene);
    const pending = consumer.next();
    await producer.send(scene.topic(), 1);
    equal((await inTime(pending, 'no object arrived')).value, 1, 'object');
    await Promise.all([producer.close(), consumer.close()]);
    await failsWith('closed', () => producer.send(scene.topic(), 2), 'send after close');
    equal((await inTime(consumer.next(), 'the consumer has not ended')).done, true, 'done');
  },
};

const LEFT_AND_TAKEN_UP: Case = {
  does: 'carries a stream on from where its loop was left',
  async plays(scene) {
    const { producer, consumer } = await pair<number>(scene);
    const [received, again]: [number[], number[]] = [[], []];
    for (const n of range(10)) await producer.send(scene.topic(), n);
    await producer.closeTopics(scene.topic());
    for await (const n of consumer) {
      received.push(n);
      if (n === 4) break;
    }
    equal(received, range(5), 'objects of the first loop');
    for await (const n of consumer) again.push(n);
    // Its message comes again as a whole, and that may have begun before it.
    ok((again[0] ?? 10) <= 4, `what was not finished to come again, got ${again}`);
    equal(again, range(10).slice(again[0]), 'objects of the second loop');
  },
};

function offers(bytes: boolean, events: boolean): Case {
  const methods = [...(bytes ? ['send'] : []), ...(events ? ['sendEvents'] : [])];
  return {
    does: `publishes with ${methods.join(' and ')} alone`,
    async plays(scene) {
      const publisher = await scene.publisher();
      equal(
        ['send', 'sendEvents'].filter((method) => method in publisher),
        methods,
        'methods',
      );
    },
  };
}

async function pair<T>(scene: Scene, producing?: ProducerOptions<T>, consuming?: ConsumerOptions<T>) {
  const consumer = await consumerOn<T>(scene, consuming);
  return { consumer, producer: await producerOn<T>(scene, producing) };
}

async function consumerOn<T>(scene: Scene, options?: ConsumerOptions<T>): Promise<StreamConsumer<T>> {
  const subscriber = await scene.subscriber(scene.topic());
  return new StreamConsumer<T>(subscriber, { ...codecFor(scene, subscriber), ...options });
}

async function producerOn<T>(scene: Scene, options?: ProducerOptions<T>): Promise<StreamProducer<T>> {
  const publisher = await scene.publisher();
  return new StreamProducer<T>(publisher, { ...codecFor(scene, publisher), ...options });
}

/** Who carries bytes and does not say how events become bytes has to be told. */
function codecFor({ supports }: Scene, part: object) {
  return supports.events || 'codec' in part ? {} : { codec: messagePack };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  const reading = (async () => {
    for await (const item of items) collected.push(item);
  })();
  await inTime(reading, 'the stream has not ended');
  return collected;
}
