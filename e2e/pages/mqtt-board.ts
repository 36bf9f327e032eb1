/** `/stage?url=…&root=…&client=…`: draws what a broker brings, and goes on where it stopped. */
import { StreamConsumer } from 'proxystream';
import { MqttSubscriber } from 'proxystream/shims/mqtt';
import { draw, say } from './drawing.js';
import type { Quake } from './quake.js';

const query = new URLSearchParams(location.search);
const url = query.get('url') ?? '/mqtt';
const root = query.get('root') ?? 'quakes';
const clientId = query.get('client') ?? 'board-1';

const subscriber = new MqttSubscriber(`${root}/#`, { url, qos: 1, clientId, clean: false });
subscriber.connection.onState(({ status }) => say(status));
subscriber.ready().then(() => say('listening'));

await using consumer = new StreamConsumer<Quake>(subscriber, { onGap: ({ details }) => say(`gap: ${details.reason}`) });
for await (const quake of consumer) draw(quake);

say('The stream has ended');
