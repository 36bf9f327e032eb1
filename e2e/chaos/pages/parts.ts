/** Opens what this tab publishes to and reads from. */
import type { Publisher } from 'proxystream';
import { type Log, openLog } from 'proxystream/log';
import { MqttPublisher, MqttSubscriber } from 'proxystream/shims/mqtt';
import { cast } from './cast.js';
import { mutatePublisher, mutateSubscriber } from './mutants.js';
import type { BytesSubscriber } from './witness.js';

export interface Parts {
  readonly log: Log;
  readonly publisher: Publisher | undefined;
  /** Opens a subscriber under this tab's cursor. */
  readonly subscriber: (() => BytesSubscriber) | undefined;
}

export async function openParts(): Promise<Parts> {
  const { topics, durability, publishes, reads, broker: url = '' } = cast;
  const log = await openLog('chaos', { durability, silenceMs: 600 });
  // Quick to come back, so that a round is short.
  const wire = { url, keepalive: 2, connectTimeoutMs: 1000, reconnect: { minMs: 30, maxMs: 200 } };
  const publisher = () => (publishes === 'log' ? log.publisher() : log.outbox(new MqttPublisher(wire)));
  const subscriber = ({ from, cursor }: NonNullable<typeof reads>) =>
    from === 'log'
      ? log.subscriber(`${topics}/+`, { name: cursor })
      : log.inbox(new MqttSubscriber(`${topics}/+`, { ...wire, clientId: `${topics}-${cursor}`, clean: false }), { name: cursor });
  return {
    log,
    publisher: publishes && mutatePublisher(publisher()),
    subscriber: reads && (() => mutateSubscriber(subscriber(reads))),
  };
}
