import { StreamError } from '../../errors.js';
import type { Link, Welcome } from './link.js';
import type { PacketIds } from './packet-ids.js';
import type { Publish } from './publish.js';
import { type LinkEnd, publishError } from './reasons.js';

/** A message under way when the broker hung up this often is sent alone, to learn whether it is the reason. */
const SUSPECT_CUTS = 2;
/** The broker has hung up on it this often: it never will be taken. */
const REFUSED_CUTS = 5;

/** What goes out on a connection: in order, within the broker's window, and again when it was not acknowledged. */
export class Outbound {
  readonly #ids: PacketIds;
  #link: Link | undefined;
  #welcome: Welcome | undefined;
  #failure: StreamError | undefined;
  #queue: Publish[] = [];
  /** By packet identifier, in the order they were sent. */
  readonly #unacked = new Map<number, Publish>();
  /** QoS 0, in a socket that is full. */
  readonly #draining = new Set<Publish>();

  constructor(ids: PacketIds) {
    this.#ids = ids;
  }

  add(publish: Publish): void {
    if (this.#failure) publish.settle(this.#failure);
    else this.#queue.push(publish);
    this.#pump();
  }

  up(link: Link, welcome: Welcome): void {
    this.#link = link;
    this.#welcome = welcome;
    this.#pump();
  }

  down(end: LinkEnd): void {
    this.#link = undefined;
    const lost = [...this.#unacked.values()];
    this.#unacked.clear();
    for (const publish of lost) {
      if (end.how === 'cut' || end.how === 'told') publish.cuts++;
      if (publish.cuts >= REFUSED_CUTS) publish.settle(hungUp(publish, end));
      if (publish.settled) this.#ids.release(publish.id);
    }
    this.#queue.unshift(...lost.filter((publish) => !publish.settled));
    for (const publish of this.#draining)
      publish.settle(
        new StreamError('connection_lost', 'The connection broke while the socket held this message: it may have arrived', {
          cause: end.cause,
        }),
      );
    this.#draining.clear();
  }

  puback(id: number, reason: number): void {
    const publish = this.#unacked.get(id);
    if (!publish) return;
    this.#unacked.delete(id);
    this.#ids.release(id);
    publish.settle(reason >= 0x80 ? publishError(reason, publish.topic) : undefined);
    this.#pump();
  }

  /** Everything waiting and everything to come ends with this. */
  fail(error: StreamError): void {
    this.#failure = error;
    this.#link = undefined;
    for (const publish of [...this.#unacked.values(), ...this.#queue, ...this.#draining]) publish.settle(error);
    this.#queue = [];
    this.#unacked.clear();
    this.#draining.clear();
  }

  #pump(): void {
    for (let next = this.#queue[0]; next && this.#link && this.#welcome; next = this.#queue[0]) {
      if (next.qos === 1 && !next.settled && !this.#hasRoom(next)) return;
      this.#queue.shift();
      if (next.settled) this.#ids.release(next.id);
      else this.#send(next, this.#link, this.#welcome);
    }
  }

  #hasRoom(next: Publish): boolean {
    const [first] = this.#unacked.values();
    const alone = next.cuts >= SUSPECT_CUTS || (first && first.cuts >= SUSPECT_CUTS);
    return this.#unacked.size < (alone ? 1 : (this.#welcome?.receiveMaximum ?? 0)) && (next.id > 0 || this.#ids.free);
  }

  #send(publish: Publish, link: Link, welcome: Welcome): void {
    const unfit = misfit(publish, link.protocol, welcome);
    if (unfit) {
      this.#ids.release(publish.id);
      publish.settle(unfit);
      return;
    }
    if (publish.qos === 0) {
      this.#draining.add(publish);
      link.publish(publish, false, () => {
        this.#draining.delete(publish);
        publish.settle();
      });
      return;
    }
    const again = publish.id > 0;
    if (!again) publish.id = this.#ids.take();
    this.#unacked.set(publish.id, publish);
    // Only a session that the broker still has can know it already (MQTT 5.0 §4.4).
    link.publish(publish, again && welcome.sessionPresent);
  }
}

function hungUp({ topic, cuts }: Publish, { reason, cause }: LinkEnd): StreamError {
  return new StreamError('refused', `The broker hung up ${cuts} times on a message to "${topic}": is it too large, or not allowed?`, {
    cause,
    topic,
    reason,
  });
}

/** What this broker has said it will not take. */
function misfit(publish: Publish, protocol: 4 | 5, { maximumPacketSize: limit, maximumQos }: Welcome): StreamError | undefined {
  const { topic, qos } = publish;
  if (qos > maximumQos)
    return new StreamError('unsupported', `This broker takes no more than QoS ${maximumQos}: publish with that`, { topic });
  const bytes = packetBytes(publish, protocol);
  if (bytes <= limit) return undefined;
  return new StreamError(
    'too_large',
    `A message to "${topic}" makes a packet of ${bytes} bytes and the broker takes ${limit}: send bulk by reference`,
    { topic, bytes, limit },
  );
}

/** The length of a PUBLISH (MQTT 5.0 §3.3); its remaining length counted at its longest. */
function packetBytes({ topic, payload, qos, properties = {} }: Publish, protocol: 4 | 5): number {
  let bytes = 5 + text(topic) + (qos ? 2 : 0) + payload.length;
  if (protocol === 4) return bytes;
  bytes += 4;
  if (properties.contentType !== undefined) bytes += 1 + text(properties.contentType);
  for (const [name, values] of Object.entries(properties.userProperties ?? {})) {
    for (const value of [values].flat()) bytes += 1 + text(name) + text(value);
  }
  return bytes;
}

function text(string: string): number {
  return 2 + new TextEncoder().encode(string).length;
}
