import { check, checkOneOf } from '../../check.js';
import { closedError } from '../../errors.js';
import type { Codec, MessageProperties, Publisher, PublisherLimits, SendOptions } from '../../protocols.js';
import { checkTopic } from '../../topic.js';
import { codec } from './codec.js';
import { connectionOn, type MqttConnection, within } from './connection.js';
import { checkNumbers, checkQos, type MqttOn } from './options.js';
import type { Sender } from './sender.js';

export type MqttPublisherOptions = MqttOn & {
  /** 1: the broker acknowledges each message. 0: nobody does. Default 1. */
  readonly qos?: 0 | 1;
  /** Unacknowledged messages at most; the broker may allow fewer. Default 16. */
  readonly inFlight?: number;
  /** Their bytes at most; a single larger message still goes. Default 4 MiB. */
  readonly inFlightBytes?: number;
  /** For whoever batches. Default 3,584, and the topic and properties make that a packet of no more than 4 KiB. */
  readonly batchBytes?: number;
  /** Without a connection a send waits for one (default), or rejects with `not_connected` and starts connecting. */
  readonly whenOffline?: 'wait' | 'reject';
  /** A send neither acknowledged nor refused by then rejects with `timeout`; it may still arrive. Default: none. */
  readonly sendTimeoutMs?: number;
} & MessageProperties; // MQTT 5 carries these, 3.1.1 cannot

/**
 * Publishes to a broker.
 *
 * QoS 1: `send` settles when the broker has acknowledged. What it had not acknowledged when the connection broke is sent again, in order and
 * before anything newer, so it may arrive twice. Rejects with `not_authorized`, `too_large` (both MQTT 5; a 3.1.1 broker tells neither), or `refused`:
 * other reasons, or a message on which the broker has hung up five times.
 * QoS 0: `send` settles when the socket has taken the message; lost if the connection breaks then. What the socket still held rejects with `connection_lost`.
 */
export class MqttPublisher implements Publisher {
  readonly codec: Codec = codec;
  readonly limits: Required<PublisherLimits>;
  readonly connection: MqttConnection;
  /** Messages whose promise was kept. */
  published = 0;
  /** Messages neither kept nor refused, those that wait for a connection included. */
  pending = 0;
  readonly #options: MqttPublisherOptions;
  #closing: Promise<void> | undefined;

  constructor(options: MqttPublisherOptions) {
    // Mosquitto 2.0 stalls on packets of more than 4 KiB towards WebSocket clients that are behind.
    const { qos = 1, inFlight = 16, batchBytes = 4096 - 512, whenOffline = 'wait' } = options;
    checkQos(qos);
    checkOneOf('whenOffline', whenOffline, 'wait', 'reject');
    checkNumbers(options, { inFlight: 65_535, inFlightBytes: 2 ** 32, batchBytes: 2 ** 28 - 1, sendTimeoutMs: 2 ** 31 - 1 });
    this.connection = connectionOn(options);
    this.connection.join();
    this.limits = { batchBytes, inFlight };
    this.#options = options;
  }

  async send(topic: string, message: Uint8Array, { signal }: SendOptions = {}): Promise<void> {
    checkTopic(topic);
    check(message instanceof Uint8Array, 'A message', message, 'a Uint8Array');
    signal?.throwIfAborted();
    const payload = new Uint8Array(message);
    this.pending++;
    try {
      const sender = await within(this.#open(), signal);
      await sender.send(topic, payload, signal);
      this.published++;
    } finally {
      this.pending--;
    }
  }

  /** Settles when there is a connection; connects when there was none. */
  async ready({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted();
    await within(
      this.#open().then((sender) => sender.ready()),
      signal,
    );
  }

  /** Rejects what is neither acknowledged nor refused with `closed`. An implicit connection closes with its last user. */
  close(): Promise<void> {
    this.#closing ??= this.connection.leave(this);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Another of the same options, which has not connected. */
  renew(): MqttPublisher {
    return new MqttPublisher(this.#options);
  }

  async #open(): Promise<Sender> {
    const session = this.#closing ? undefined : await this.connection.open();
    if (!session || this.#closing) throw closedError();
    return session.sender(this, this.#options);
  }
}
