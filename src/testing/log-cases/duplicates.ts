/** A message that comes again, as after a retry, is kept once. */
import { messagePack } from '../../codec.js';
import { StreamConsumer } from '../../consumer.js';
import { StreamProducer } from '../../producer.js';
import { equal, inTime } from '../expect.js';
import { consume, type LogCase, send, subscribe, TOPIC } from '../log-scene.js';
import { range } from '../numbers.js';

export function duplicates(): readonly LogCase[] {
  return DUPLICATES;
}

const PRODUCER = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);

const DUPLICATES: readonly LogCase[] = [
  {
    does: 'keeps a message of one producer and number once, whoever brings it again, and wherever',
    async plays(scene) {
      const [one, other] = [await scene.open(), await scene.open()];
      const [here, there] = [await one.publisher(), await other.publisher()];
      await here.send(TOPIC, message(PRODUCER, 0));
      await there.send(TOPIC, message(PRODUCER, 0));
      await here.send(TOPIC, message(PRODUCER, 1));
      await Promise.all([here.send(TOPIC, message(PRODUCER, 1)), there.send(TOPIC, message(PRODUCER, 1))]);
      await there.send(TOPIC, message(PRODUCER, 2));
      const kept = await consume(await subscribe(other, { from: 'start' }), 3);
      equal(kept.map(seqOf), [0, 1, 2], 'numbers in the producer');
      equal((kept[2]?.offset.seq ?? 0) - (kept[0]?.offset.seq ?? 0), 2, 'offsets that they take');
    },
  },
  {
    does: 'knows a message again after it was closed and opened anew',
    async plays(scene) {
      const first = await scene.open();
      await (await first.publisher()).send(TOPIC, message(PRODUCER, 0));
      await first.close();
      const second = await scene.open();
      const publisher = await second.publisher();
      for (const seq of [0, 1]) await publisher.send(TOPIC, message(PRODUCER, seq));
      equal((await consume(await subscribe(second, { from: 'start' }), 2)).map(seqOf), [0, 1], 'numbers in the producer');
    },
  },
  {
    does: 'keeps the same number of another producer, and of another topic',
    async plays(scene) {
      const world = await scene.open();
      const publisher = await world.publisher();
      await publisher.send(TOPIC, message(PRODUCER, 0));
      await publisher.send(TOPIC, message(OTHER, 0));
      await publisher.send('another', message(PRODUCER, 0, 'another'));
      equal((await consume(await subscribe(world, { from: 'start' }), 3)).length, 3, 'messages');
    },
  },
  {
    does: 'keeps bytes that say nothing of a producer as often as they come',
    async plays(scene) {
      const world = await scene.open();
      await send(await world.publisher(), [7, 7, 7]);
      equal((await consume(await subscribe(world, { from: 'start' }), 3)).length, 3, 'messages');
    },
  },
  {
    does: 'carries a stream of objects from a producer to a consumer that was not there, to its end',
    async plays(scene) {
      const [writer, reader] = [await scene.open(), await scene.open()];
      const producer = new StreamProducer<{ readonly n: number }>(await writer.publisher(), { codec: messagePack });
      await Promise.all(range(500).map((n) => producer.send(TOPIC, { n }, { metadata: { n } })));
      await producer.closeTopics(TOPIC);
      const subscriber = await reader.subscriber(TOPIC, { name: 'board' });
      const consumer = new StreamConsumer<{ readonly n: number }>(subscriber, { codec: messagePack });
      const numbers: number[] = [];
      const reading = (async () => {
        for await (const { n } of consumer) numbers.push(n);
      })();
      await inTime(reading, 'the stream has not ended');
      equal(numbers, range(500), 'numbers');
    },
  },
];

function message(producer: string, seq: number, topic = TOPIC): Uint8Array {
  const event = messagePack.encodeEvent({ type: 'inline', metadata: {}, object: { seq } });
  return messagePack.assemble({ topic, producer, seq, stores: [] }, [event]);
}

function seqOf({ payload, topic }: { readonly payload: Uint8Array; readonly topic: string }): number | undefined {
  return messagePack.decode(payload, topic).seq;
}
