/** The two wires of the demo. Everything else is the same on both. */
import { BroadcastChannelPublisher, BroadcastChannelSubscriber } from 'proxystream/shims/broadcast-channel';
import { type MqttConnection, MqttPublisher, MqttSubscriber } from 'proxystream/shims/mqtt';
import { type Connection, inWords, TABS } from './connection.js';
import { visitor } from './visitor.js';

export type Wire = 'tabs' | 'mqtt';

type Tell = (connection: Connection) => void;

/** Connects at once. `tell` hears how the connection stands, now and at each change. */
export function openPublisher(wire: Wire, tell: Tell): BroadcastChannelPublisher | MqttPublisher {
  if (wire === 'tabs') {
    tell(TABS);
    return new BroadcastChannelPublisher();
  }
  const publisher = new MqttPublisher({ url: brokerAddress(), reconnect });
  follow(publisher.connection, tell);
  publisher.ready().catch(() => {}); // `tell` hears why
  return publisher;
}

/** For an outbox or an inbox, which connect when it is their turn: `tell` hears how that stands. */
export function openPost(topicFilter: string, clientId: string, tell: Tell) {
  const followed = <P extends MqttPublisher | MqttSubscriber>(part: P) => {
    part.connection.onState((state) => tell(inWords(state)));
    return part;
  };
  const url = withVisitor(brokerAddress());
  return {
    publisher: () => followed(new MqttPublisher({ url, reconnect })),
    // The broker keeps what comes for this one while it is away.
    subscriber: () => followed(new MqttSubscriber(topicFilter, { url, reconnect, clientId, clean: false })),
  };
}

export function openSubscriber(wire: Wire, topicFilter: string, tell: Tell): BroadcastChannelSubscriber | MqttSubscriber {
  if (wire === 'tabs') {
    tell(TABS);
    // A map would rather miss old quakes than stop; what it misses is counted as a gap.
    return new BroadcastChannelSubscriber(topicFilter, { overflow: 'drop-oldest' });
  }
  const subscriber = new MqttSubscriber(topicFilter, { url: brokerAddress(), reconnect });
  follow(subscriber.connection, tell);
  return subscriber;
}

// A visitor who has just restarted the broker should not have to wait half a minute.
const reconnect = { maxMs: 3000 };

/** The broker inside the server of this page, unless the page's address names another: `?broker=ws://…`. */
function brokerAddress(): string {
  return new URLSearchParams(location.search).get('broker') ?? '/mqtt';
}

/** By this name the demo's server cuts off whoever asks for it. */
function withVisitor(address: string): string {
  const url = new URL(address, location.href.replace(/^http/, 'ws'));
  url.searchParams.set('visitor', visitor());
  return url.href;
}

function follow(connection: MqttConnection, tell: Tell): void {
  tell(inWords(connection.state));
  connection.onState((state) => tell(inWords(state)));
}
