/** What the rows about stores travel by, and what they carry. */
import type { AnySubscriber, EventPublisher, Publisher } from 'proxystream';
import { HttpConnector } from 'proxystream/connectors/http';
import { IndexedDBConnector } from 'proxystream/connectors/indexed-db';
import { BroadcastChannelPublisher, BroadcastChannelSubscriber } from 'proxystream/shims/broadcast-channel';
import { MqttPublisher, MqttSubscriber } from 'proxystream/shims/mqtt';
import { Store, type StoreOptions } from 'proxystream/store';
import type { Round } from './group.js';

export const MB = 2 ** 20;

export interface Wire {
  readonly publisher: (round: Round) => Publisher | EventPublisher;
  readonly subscriber: (round: Round) => AnySubscriber & { ready?(): Promise<void> };
  /** Where its objects lie: for tabs in the browser, for everyone else behind HTTP. */
  readonly url: (round: Round) => string | undefined;
}

export const TABS: Wire = {
  publisher: ({ name }) => new BroadcastChannelPublisher({ channel: name }),
  subscriber: ({ name }) => new BroadcastChannelSubscriber('#', { channel: name, maxBytes: 2 ** 32 }),
  url: () => undefined,
};
/** Not Mosquitto: it sends a message of a megabyte to a WebSocket in half a minute, and inline would only show that. */
export const MQTT: Wire = {
  publisher: ({ urls }) => new MqttPublisher({ url: urls.aedes ?? '' }),
  subscriber: ({ urls, name }) => new MqttSubscriber(name, { url: urls.aedes ?? '' }),
  url: ({ urls }) => urls.objects,
};

/** The same place in every tab of a contender. */
export function storeOf(wire: Wire, round: Round, options?: StoreOptions): Store {
  const url = wire.url(round);
  return new Store('bulk', url ? new HttpConnector({ url }) : new IndexedDBConnector({ name: round.name }), options);
}

/** Nothing that could be compressed. */
export function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(length, at + 65_536)));
  return bytes;
}
