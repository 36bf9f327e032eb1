/** What was published while there was no connection, to a broker: until the last of it is acknowledged. QoS 1. */
import mqtt from 'mqtt';
import { StreamProducer } from 'proxystream';
import { openLog } from 'proxystream/log';
import { MqttPublisher } from 'proxystream/shims/mqtt';
import { bursts, type SmallEvent, smallEvents } from '../events.js';
import type { Group, Role } from '../group.js';

/** Nobody listens there. */
const NOWHERE = 'ws://127.0.0.1:9';

const outbox: Role = async ({ events, name, urls, start, stop }) => {
  await using log = await openLog(name);
  const away = log.outbox(new MqttPublisher({ url: NOWHERE }));
  const producer = new StreamProducer<SmallEvent>(away);
  for (const burst of bursts(smallEvents(events), 1000)) await Promise.all(burst.map((event) => producer.send(name, event)));
  await away.close();
  start();
  const back = log.outbox(new MqttPublisher({ url: urls.mosquitto ?? '', qos: 1 }));
  await back.flush();
  stop();
  if (log.status.outbox.backlog > 0) throw new Error('The outbox still holds something');
};

const offlineQueue: Role = async ({ events, name, urls, start, stop }) => {
  const client = mqtt.connect(urls.mosquitto ?? '', {
    manualConnect: true,
    protocolVersion: 5,
    browserBufferTimeout: 4,
    browserBufferSize: 4 * 2 ** 20,
  });
  const sent = smallEvents(events).map((event) => client.publishAsync(name, JSON.stringify(event), { qos: 1 }));
  start();
  client.connect();
  await Promise.all(sent);
  stop();
  await client.endAsync();
};

export default [
  {
    name: 'outbox drained to Mosquitto',
    unit: 'events/s',
    better: 'more',
    events: 50_000,
    rounds: 3,
    needs: ['mosquitto'],
    contenders: { proxystream: outbox, "mqtt.js's offline queue": offlineQueue },
    rows: [{ against: "mqtt.js's offline queue", goal: 10 }],
  },
] satisfies Group[];
