/** `/stage?end=…`: draws until so many producers have ended, or `all` of those it has seen. */
import { type EndOfStreamRule, StreamConsumer } from 'proxystream';
import { BroadcastChannelSubscriber } from 'proxystream/shims/broadcast-channel';
import { draw, say } from './drawing.js';
import type { Quake } from './quake.js';

const end = new URLSearchParams(location.search).get('end') ?? 'all';
const endOfStream = (Number(end) || end) as EndOfStreamRule;

await using consumer = new StreamConsumer<Quake>(new BroadcastChannelSubscriber('quakes/+'), { endOfStream });
for await (const quake of consumer) draw(quake);

say('The stream has ended');
