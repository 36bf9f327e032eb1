/** `/stage?url=…&root=…`: a producer worked by hand, over the broker at `url` or else over BroadcastChannel. */
import { StreamProducer } from 'proxystream';
import { BroadcastChannelPublisher } from 'proxystream/shims/broadcast-channel';
import { MqttPublisher } from 'proxystream/shims/mqtt';
import { say } from './drawing.js';
import type { Quake } from './quake.js';

const query = new URLSearchParams(location.search);
const url = query.get('url');
const us = `${query.get('root') ?? 'quakes'}/us`;
const producer = new StreamProducer<Quake>(url ? new MqttPublisher({ url, qos: 1 }) : new BroadcastChannelPublisher());

declare global {
  var station: {
    /** Settles when all are published. */
    send(quakes: readonly Quake[], topic?: string): Promise<void>;
    end(topic?: string): Promise<void>;
  };
}

globalThis.station = {
  async send(quakes, topic = us) {
    await Promise.all(quakes.map((quake) => producer.send(topic, quake, { metadata: { ...quake } })));
  },
  end: (topic = us) => producer.closeTopics(topic),
};
say('ready');
