/** `/stage?url=…&root=…`: reads sensors that know nothing of this SDK. */
import { jsonCodec, StreamConsumer } from 'proxystream';
import { MqttSubscriber } from 'proxystream/shims/mqtt';
import { say } from './drawing.js';

interface Reading {
  readonly celsius: number;
}

const query = new URLSearchParams(location.search);
const url = query.get('url') ?? '/mqtt';
const root = query.get('root') ?? 'plant';

const subscriber = new MqttSubscriber(`${root}/+/temperature`, { url });
await subscriber.ready();
say('listening');

await using readings = new StreamConsumer<Reading>(subscriber, {
  codec: jsonCodec({ metadata: (r) => r }),
  filter: (m) => m.celsius < 70,
  onInvalid: ({ code }) => say(code),
});
for await (const { celsius } of readings) say(`${celsius} °C`);
