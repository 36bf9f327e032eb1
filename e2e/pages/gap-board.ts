/** A board that says when it was away. */
import { StreamConsumer } from 'proxystream';
import { BroadcastChannelSubscriber } from 'proxystream/shims/broadcast-channel';
import { draw, say } from './drawing.js';
import type { Quake } from './quake.js';

const subscriber = new BroadcastChannelSubscriber('quakes/#');
await using consumer = new StreamConsumer<Quake>(subscriber, { onGap: ({ details }) => say(`gap: ${details.reason}`) });
for await (const quake of consumer) draw(quake);

say('The stream has ended');
