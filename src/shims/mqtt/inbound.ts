import type { IPublishPacket, Packet } from 'mqtt';
import { closedError, type StreamError } from '../../errors.js';
import type { Message, MessageProperties } from '../../protocols.js';
import type { Inlet } from './inlet.js';
import type { Link, Welcome } from './link.js';
import type { PacketIds } from './packet-ids.js';
import { subscribeError } from './reasons.js';
import { Receipts } from './receipt.js';
import { Subscription } from './subscription.js';

interface InboundOptions {
  readonly ids: PacketIds;
  readonly persistent: boolean;
  /** An answer to SUBSCRIBE that takes longer is none. */
  readonly timeoutMs: number;
  /** Asks for a new connection, on which the session brings again what was deferred. */
  readonly renew: () => void;
}

/** What comes in on a connection: to whom it belongs, and when it is acknowledged. */
export class Inbound {
  readonly #options: InboundOptions;
  readonly #subscriptions = new Map<Inlet, Subscription>();
  readonly #receipts = new Receipts((id) => this.#link?.puback(id));
  #link: Link | undefined;
  #welcome: Welcome | undefined;

  constructor(options: InboundOptions) {
    this.#options = options;
  }

  /** From now on it gets what is meant for it; the broker is asked once someone reads. */
  attach(inlet: Inlet): Subscription {
    let subscription = this.#subscriptions.get(inlet);
    if (!subscription) {
      subscription = new Subscription(inlet, this.#options.persistent);
      this.#subscriptions.set(inlet, subscription);
      const own = subscription;
      inlet.onAck = (messages) => this.#acknowledge(own, messages);
    }
    return subscription;
  }

  want(inlet: Inlet): void {
    const subscription = this.attach(inlet);
    if (subscription.wanted) return;
    subscription.wanted = true;
    this.#subscribe(subscription);
  }

  ready(inlet: Inlet): Promise<void> {
    return this.#subscriptions.get(inlet)?.ready() ?? Promise.reject(closedError());
  }

  detach(inlet: Inlet): void {
    const subscription = this.#subscriptions.get(inlet);
    if (!subscription) return;
    this.#subscriptions.delete(inlet);
    subscription.end(closedError());
    this.#receipts.flush();
    const shared = [...this.#subscriptions.values()].some(({ filter, wanted }) => wanted && filter === inlet.filter);
    if (shared || !subscription.wanted || !this.#link) return;
    this.#request({ cmd: 'unsubscribe', unsubscriptions: [inlet.filter] });
  }

  /** The broker has let us in; its first messages may follow at once. */
  session(link: Link, sessionPresent: boolean): void {
    this.#link = link;
    if (!sessionPresent) this.#receipts.forget();
    for (const subscription of this.#subscriptions.values()) subscription.up(sessionPresent);
  }

  up(welcome: Welcome): void {
    this.#welcome = welcome;
    for (const subscription of this.#subscriptions.values()) this.#subscribe(subscription);
  }

  down(): void {
    this.#link = undefined;
    this.#welcome = undefined;
    this.#receipts.down();
    for (const subscription of this.#subscriptions.values()) subscription.down();
  }

  /** Ends every iteration, after what is kept has been read. */
  fail(error: StreamError): void {
    for (const subscription of this.#subscriptions.values()) subscription.end(error, error.code === 'closed' ? undefined : error);
    this.#subscriptions.clear();
  }

  receive(packet: IPublishPacket): void {
    const { receipt, known } = packet.qos === 1 ? this.#receipts.take(packet) : { known: false };
    if (!known) {
      const message = messageOf(packet, receipt?.payload ?? new Uint8Array(packet.payload as Uint8Array));
      for (const subscription of this.#addressees(packet)) subscription.deliver(message, receipt);
    }
    if (receipt) this.#receipts.flush();
  }

  /**
   * On MQTT 5 each copy names the subscription it was sent for, so that overlapping filters double nothing; on 3.1.1 there is one copy for all.
   * The members that one connection has of a shared subscription take turns.
   */
  #addressees({ topic, properties }: IPublishPacket): Iterable<Subscription> {
    const ids = [properties?.subscriptionIdentifier ?? []].flat();
    const matching = [...this.#subscriptions.values()].filter(({ inlet }) => inlet.matches(topic));
    const named = ids.length === 0 ? matching : matching.filter(({ id }) => ids.includes(id));
    const chosen = new Map<unknown, Subscription>();
    for (const subscription of named) {
      const key = subscription.filter.startsWith('$share/') ? subscription.filter : subscription;
      const other = chosen.get(key);
      if (!other || subscription.inlet.mailbox.size < other.inlet.mailbox.size) chosen.set(key, subscription);
    }
    return chosen.values();
  }

  #acknowledge(subscription: Subscription, messages: readonly Message[]): void {
    subscription.acknowledge(messages);
    this.#receipts.flush();
    if (subscription.drained) this.#options.renew();
  }

  #subscribe(subscription: Subscription): void {
    const { filter, id, wanted, granted } = subscription;
    const link = this.#link;
    if (!wanted || !link || !this.#welcome) return;
    if (granted) {
      subscription.grant();
      return;
    }
    const same = [...this.#subscriptions.values()].filter((other) => other.wanted && other.filter === filter);
    const qos = Math.max(...same.map(({ inlet }) => inlet.qos));
    const properties = this.#welcome.subscriptionIdentifiers ? { properties: { subscriptionIdentifier: id } } : {};
    const late = setTimeout(
      () => link.end({ how: 'silent', cause: new Error(`No answer to the subscription to "${filter}"`) }),
      this.#options.timeoutMs,
    );
    link.ended.then(() => clearTimeout(late));
    // rh 1: retained messages come with a new subscription, not with every renewal of an old one.
    const wish =
      link.protocol === 5
        ? { subscriptions: [{ topic: filter, qos, rh: 1, nl: false, rap: false }], ...properties }
        : { subscriptions: [{ topic: filter, qos }] };
    this.#request({ cmd: 'subscribe', ...wish }, (reply) => {
      clearTimeout(late);
      const [reason = 0x80] = (reply as Extract<Packet, { cmd: 'suback' }>).granted as number[];
      if (this.#subscriptions.get(subscription.inlet) !== subscription) return;
      if (reason === qos) subscription.grant();
      else this.#refuse(subscription, subscribeError(reason, filter));
    });
  }

  #request(packet: object, reply: (packet: Packet) => void = () => {}): void {
    const { ids } = this.#options;
    const messageId = ids.take();
    this.#link?.request({ ...packet, messageId }, (answer) => {
      ids.release(messageId);
      reply(answer);
    });
    this.#link?.ended.then(() => ids.release(messageId));
  }

  #refuse(subscription: Subscription, error: StreamError): void {
    this.#subscriptions.delete(subscription.inlet);
    subscription.end(error, error);
    this.#receipts.flush();
  }
}

function messageOf({ topic, properties: { contentType, userProperties } = {} }: IPublishPacket, payload: Uint8Array): Message {
  const properties: MessageProperties = {
    ...(contentType !== undefined && { contentType }),
    ...(userProperties && { userProperties: { ...userProperties } }),
  };
  return contentType === undefined && !userProperties ? { topic, payload } : { topic, payload, properties };
}
