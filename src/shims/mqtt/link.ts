import type { IClientOptions, IConnackPacket, IPublishPacket, MqttClient, Packet } from 'mqtt';
import { brokerUrl, type MqttConnectionOptions, type MqttCredentials } from './options.js';
import type { Publish } from './publish.js';
import { Pulse } from './pulse.js';
import type { LinkEnd } from './reasons.js';

export type Mqtt = Pick<typeof import('mqtt'), 'connect'>;

export interface LinkOptions extends MqttConnectionOptions {
  readonly receiveMaximum: number;
  readonly protocol: 4 | 5;
  readonly login: MqttCredentials | undefined;
}

/** Called while the packet is being read, so never slow: nothing else is received meanwhile, not even the answer to a ping. */
export interface LinkEvents {
  /** The broker has let us in; called before anything else it sends. Sending is possible once `opened` resolves. */
  readonly onSession: (sessionPresent: boolean) => void;
  readonly onPublish: (packet: IPublishPacket) => void;
  readonly onPuback: (id: number, reason: number) => void;
}

/** What the broker said when it let us in. */
export interface Welcome {
  readonly sessionPresent: boolean;
  readonly receiveMaximum: number;
  readonly maximumPacketSize: number;
  readonly maximumQos: number;
  readonly subscriptionIdentifiers: boolean;
}

const GOODBYE_MS = 1000;
const BUFFER_BYTES = 4 * 2 ** 20;
const WITHHELD = new Error('Acknowledged later');

/**
 * One network connection, and the only place that knows mqtt.js: it dials, frames and parses. Order, windows, acknowledgement, reconnecting
 * and what to do with a session are the business of the others here. Constructing it dials.
 */
export class Link {
  /** Resolves when packets can be sent; with nothing when it ended before that. */
  readonly opened: Promise<Welcome | undefined>;
  /** Resolves when it is over, and why. */
  readonly ended: Promise<LinkEnd>;
  readonly protocol: 4 | 5;
  #client: MqttClient | undefined;
  #pulse: Pulse | undefined;
  #leaving = false;
  #over = false;
  readonly #replies = new Map<number, (packet: Packet) => void>();
  #open: (welcome?: Welcome) => void = () => {};
  #close: (end: LinkEnd) => void = () => {};

  constructor(
    mqtt: Mqtt,
    options: LinkOptions,
    readonly events: LinkEvents,
  ) {
    this.protocol = options.protocol;
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#close = resolve;
    });
    try {
      // A browser refuses some addresses at once: ws: from an https: page, say.
      this.#client = mqtt.connect(brokerUrl(options.url), clientOptions(options));
      this.#listen(this.#client, options);
    } catch (cause) {
      this.end({ how: 'unanswered', cause });
    }
  }

  /** QoS 0: `taken` is called when the socket has room again. QoS 1: `onPuback` tells. */
  publish({ topic, payload, qos, id, properties }: Publish, dup: boolean, taken?: () => void): void {
    this.#transmit(
      { cmd: 'publish', topic, payload, qos, messageId: id, dup, retain: false, ...(this.protocol === 5 && { properties }) },
      taken,
    );
  }

  /** Acknowledges a received publish. */
  puback(id: number): void {
    this.#transmit({ cmd: 'puback', messageId: id, reasonCode: 0 });
  }

  /** Sends a SUBSCRIBE or UNSUBSCRIBE; `reply` is called with its answer, if that comes. */
  request(packet: object & { readonly messageId: number }, reply: (packet: Packet) => void): void {
    this.#replies.set(packet.messageId, reply);
    this.#transmit(packet);
  }

  /** Ends it as `silent` unless the broker answers in time. */
  probe(timeoutMs: number): void {
    this.#pulse?.probe(timeoutMs);
  }

  /** Hangs up. */
  end(end: LinkEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#pulse?.stop();
    this.#replies.clear();
    this.#client?.stream.destroy();
    this.#open();
    this.#close(end);
  }

  /** Says goodbye, so that everything written still arrives, and hangs up. */
  async leave(): Promise<void> {
    if (!this.#pulse) return this.end({ how: 'left' });
    const deadline = setTimeout(() => this.end({ how: 'left' }), GOODBYE_MS);
    if (!this.#leaving && !this.#over) this.#client?.end(false, { reasonCode: 0 });
    this.#leaving = true;
    await this.ended;
    clearTimeout(deadline);
  }

  #listen(client: MqttClient, { keepalive = 60 }: LinkOptions): void {
    const silent = () => this.end({ how: 'silent' });
    client.handleMessage = (packet, done) => {
      // What is not taken is not acknowledged, so a session brings it again.
      if (!this.#over && !this.#leaving) this.events.onPublish(packet);
      // Reporting an error makes mqtt.js go on without a PUBACK of its own.
      done(packet.qos === 1 ? WITHHELD : undefined);
    };
    client.on('packetreceive', (packet) => {
      this.#pulse?.heard();
      if (!this.#over) this.#received(packet);
    });
    client.on('connect', (connack) => {
      this.#pulse = new Pulse((client.keepalive || keepalive) * 1000, () => client.sendPing(), silent);
      this.#open(welcome(connack));
    });
    client.on('disconnect', ({ reasonCode }) => this.end({ how: 'told', reason: reasonCode ?? 0 }));
    client.on('error', (cause: Error & { code?: unknown }) => {
      if (typeof cause.code === 'number' && !this.#pulse) this.end({ how: 'refused', reason: cause.code, cause });
      else this.#closed(cause);
    });
    client.on('close', () => this.#closed());
  }

  #closed(cause?: unknown): void {
    this.end({ how: this.#leaving ? 'left' : this.#pulse ? 'cut' : 'unanswered', cause });
  }

  #received(packet: Packet): void {
    switch (packet.cmd) {
      case 'connack':
        if (!(packet.reasonCode || packet.returnCode)) this.events.onSession(packet.sessionPresent);
        break;
      case 'puback':
        this.events.onPuback(packet.messageId as number, packet.reasonCode ?? 0);
        break;
      case 'suback':
      case 'unsuback':
        this.#replies.get(packet.messageId as number)?.(packet);
        this.#replies.delete(packet.messageId as number);
    }
  }

  // mqtt.js has no public way to send a PUBACK when one likes, nor to send a publish again under its identifier. The version is pinned
  // in package.json, and link.test.ts holds it to what is relied on here.
  #transmit(packet: object, taken?: () => void): void {
    if (!this.#over && !this.#leaving) this.#client?.['_sendPacket'](packet, taken, undefined, true);
  }
}

function clientOptions(options: LinkOptions): IClientOptions {
  const {
    clientId,
    clean = true,
    protocol,
    login,
    keepalive = 60,
    connectTimeoutMs = 10_000,
    receiveMaximum,
    sessionExpiryInterval = 86_400,
    tls,
  } = options;
  return {
    ...(tls as IClientOptions),
    ...(login?.username !== undefined && { username: login.username }),
    ...(login?.password !== undefined && { password: login.password }),
    ...(clientId && { clientId }),
    ...(protocol === 5 && { properties: { receiveMaximum, ...(!clean && { sessionExpiryInterval }) } }),
    clean,
    protocolVersion: protocol,
    keepalive,
    connectTimeout: connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // The pulse pings. mqtt.js would make a worker from a Blob, and under a Content Security Policy that forbids it, never ping.
    timerVariant: { set: () => 0, clear: () => {} },
    // Its default is to wait a second whenever half a megabyte is on its way.
    browserBufferTimeout: 4,
    browserBufferSize: BUFFER_BYTES,
  };
}

function welcome({ sessionPresent, properties = {} }: IConnackPacket): Welcome {
  return {
    sessionPresent,
    receiveMaximum: properties.receiveMaximum ?? 65_535,
    maximumPacketSize: properties.maximumPacketSize ?? 268_435_455,
    maximumQos: properties.maximumQoS ?? 2,
    subscriptionIdentifiers: properties.subscriptionIdentifiersAvailable !== false,
  };
}
