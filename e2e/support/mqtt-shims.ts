import type { BufferOptions } from 'proxystream';
import { MqttPublisher, MqttSubscriber } from 'proxystream/shims/mqtt';
import { describeShim, type Maybe, type ShimSupport, type ShimWorld, type SubscriberWish, type TestRunner } from 'proxystream/testing';

export interface MqttWire {
  /** For the title: the broker, and how it is reached. */
  readonly broker: string;
  readonly url: string;
  /** Default: whatever the shim and the broker agree on. */
  readonly protocolVersion?: 4 | 5;
  /** See `ShimSupport`. */
  readonly overtakes?: boolean;
  readonly largestPayload?: number;
  /** Messages in the longest run at QoS 0 and 1. Default: the suite's. */
  readonly longRun?: readonly [number, number];
  /** Opens its worlds elsewhere. */
  readonly open?: (wire: MqttWire, qos: 0 | 1, buffer: BufferOptions) => Maybe<ShimWorld>;
  /** Through `$share/…` subscriptions. */
  readonly shared?: boolean;
}

/** The conformance suite over each of these wires, at QoS 0 and 1. */
export function describeMqttShims(wires: readonly MqttWire[], runner: TestRunner): void {
  for (const { open = mqttWorld, ...wire } of wires) {
    for (const qos of [0, 1] as const) {
      const longRun = wire.longRun?.[qos];
      // At QoS 1 what a slow consumer has no room for stays with the broker, for the session that the suite asks for then.
      const supports: ShimSupport = {
        delivery: wire.shared ? 'one' : 'all',
        bytes: true,
        events: false,
        wildcards: true,
        redelivers: true,
        keeps: qos === 1,
        holds: qos === 1,
        overtakes: wire.overtakes ?? false,
        // Mosquitto 2.0 delivers nothing to `$share/group/$…`.
        dollarTopics: !wire.shared,
        ...(wire.largestPayload && { largestPayload: wire.largestPayload }),
      };
      describeShim(
        `MQTT at QoS ${qos} with ${wire.broker}`,
        { supports, open: (buffer) => open(wire, qos, buffer), ...(longRun && { longRun }) },
        runner,
      );
    }
  }
}

export function mqttWorld({ url, protocolVersion, shared }: MqttWire, qos: 0 | 1, buffer: BufferOptions): ShimWorld {
  const on = { url, qos, ...(protocolVersion && { protocolVersion }) };
  const group = crypto.randomUUID();
  const session = ({ session }: SubscriberWish = {}) => (session && qos === 1 ? { clientId: session, clean: false } : {});
  return {
    publisher: () => new MqttPublisher(on),
    subscriber: (filter, wish) =>
      new MqttSubscriber(shared && typeof filter === 'string' ? `$share/${group}/${filter}` : filter, {
        ...on,
        ...buffer,
        ...session(wish),
      }),
  };
}
