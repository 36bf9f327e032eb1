/** One tab. */
import { StreamProducer } from 'proxystream';
import { BroadcastChannelPublisher } from 'proxystream/shims/broadcast-channel';
import { say } from './drawing.js';
import { QUAKES, type Quake } from './quake.js';

await using producer = new StreamProducer<Quake>(new BroadcastChannelPublisher());
for (const quake of QUAKES) {
  await producer.send('quakes/us', quake, { metadata: { mag: quake.mag, place: quake.place } });
}
await producer.closeTopics('quakes/us');

say('Sent');
