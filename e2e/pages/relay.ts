/** Passes on what is strong, as one stream from another. The button gives up. */
import { StreamConsumer, StreamProducer } from 'proxystream';
import { BroadcastChannelPublisher, BroadcastChannelSubscriber } from 'proxystream/shims/broadcast-channel';
import { say } from './drawing.js';
import type { Quake } from './quake.js';

const giveUp = new AbortController();
addEventListener('click', () => giveUp.abort(new Error('given up')));
const { signal } = giveUp;

const transform = new TransformStream<Quake, Quake>({
  transform(quake, controller) {
    if (quake.mag >= 4) controller.enqueue({ ...quake, place: quake.place.toUpperCase() });
  },
});

await using consumer = new StreamConsumer<Quake>(new BroadcastChannelSubscriber('quakes/us'));
await using producer = new StreamProducer<Quake>(new BroadcastChannelPublisher());
try {
  await consumer.readable().pipeThrough(transform).pipeTo(producer.writable('quakes/strong'), { signal });
  say('Relayed to the end');
} catch (error) {
  say(`Stopped: ${(error as Error).message}`);
}
