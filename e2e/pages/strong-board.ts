import { StreamConsumer } from 'proxystream';
import { BroadcastChannelSubscriber } from 'proxystream/shims/broadcast-channel';
import { draw, say } from './drawing.js';
import type { Quake } from './quake.js';

await using consumer = new StreamConsumer<Quake>(new BroadcastChannelSubscriber('quakes/strong'));
for await (const quake of consumer) draw(quake);

say('The stream has ended');
