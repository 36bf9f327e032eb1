import { check, checkOneOf } from '../../check.js';
import { StreamError } from '../../errors.js';
import type { MqttConnection } from './connection.js';

export interface MqttCredentials {
  readonly username?: string;
  readonly password?: string;
}

export interface MqttReconnectOptions {
  /** The first wait is anywhere between 0 and this; each further one may be twice as long. Default 500. */
  readonly minMs?: number;
  /** No wait is longer. Default 30,000. */
  readonly maxMs?: number;
  /** Attempts in a row that may fail before the connection does. Default: no bound. */
  readonly attempts?: number;
}

/** For `wss:` and `mqtts:` in Node; browsers use their own certificates. PEM. */
export interface MqttTlsOptions {
  readonly ca?: string | Uint8Array;
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  readonly rejectUnauthorized?: boolean;
}

export interface MqttConnectionOptions {
  /** `ws:` or `wss:`; in Node also `mqtt:` and `mqtts:`. In a page it may be relative: `/mqtt`. */
  readonly url: string;
  /** Names the session at the broker; two connections of one name throw each other out. Default: a random one. */
  readonly clientId?: string;
  /** False: the broker keeps the subscriptions, and what was not acknowledged, for the next connection of this `clientId`. Default true. */
  readonly clean?: boolean;
  /** Seconds that the broker keeps the session of a client that is away (MQTT 5, `clean: false`). Default a day. */
  readonly sessionExpiryInterval?: number;
  /** 4 is MQTT 3.1.1. Default: 5, and 4 where the broker refuses that. */
  readonly protocolVersion?: 4 | 5;
  /** A function is asked before every attempt, and once more at once when the broker refuses what it gave. */
  readonly credentials?: MqttCredentials | (() => MqttCredentials | Promise<MqttCredentials>);
  /** Seconds; a dead connection is noticed within them. Below 60, hidden pages are cut off, for their timers fire once a minute. Default 60. */
  readonly keepalive?: number;
  /** For one attempt, credentials included. Default 10,000. */
  readonly connectTimeoutMs?: number;
  readonly reconnect?: MqttReconnectOptions;
  /** QoS 1 messages that the broker may send ahead of their acknowledgement (MQTT 5). Default 256; never more than a subscriber's `maxMessages`. */
  readonly receiveMaximum?: number;
  readonly tls?: MqttTlsOptions;
}

/** A connection of one's own, or one shared with others: that one is closed by whoever made it. */
export type MqttOn = MqttConnectionOptions | { readonly connection: MqttConnection };

/** Throws `TypeError`, or `StreamError('unsupported')` for what this platform cannot do. */
export function checkConnectionOptions(options: MqttConnectionOptions): void {
  const { url, clientId, clean, protocolVersion = 5, reconnect = {} } = options;
  const { protocol } = new URL(brokerUrl(url)); // a TypeError of its own
  check(/^(ws|mqtt)s?:$/.test(protocol), 'url', url, 'of a broker: ws:, wss:, mqtt: or mqtts:');
  const { process } = globalThis as { readonly process?: { readonly versions?: { readonly node?: string } } };
  if (protocol[0] === 'm' && !process?.versions?.node) {
    throw new StreamError('unsupported', `${url}: browsers reach brokers by WebSocket only, so use its ws: or wss: listener`);
  }
  check(clean !== false || !!clientId, 'clientId', clientId, 'one that stays the same when clean is false');
  checkOneOf('protocolVersion', protocolVersion, 4, 5);
  checkNumbers(options, { keepalive: 65_535, receiveMaximum: 65_535, connectTimeoutMs: 2 ** 31 - 1, sessionExpiryInterval: 2 ** 32 - 1 });
  checkNumbers(reconnect, { minMs: 2 ** 31 - 1, maxMs: 2 ** 31 - 1, attempts: Number.POSITIVE_INFINITY });
}

/** Throws `TypeError` for an option that is there and not a whole number within 1 and its most. */
export function checkNumbers<T extends object>(options: T, most: { readonly [K in keyof T]?: number }): void {
  for (const name in most) {
    const value = (options[name] ?? 1) as number;
    const limit = Number(most[name]);
    check((Number.isInteger(value) || value === limit) && value >= 1 && value <= limit, name, value, `a whole number from 1 to ${limit}`);
  }
}

export function checkQos(qos: unknown): void {
  if (qos === 2) throw new StreamError('unsupported', 'QoS 2 is not supported: with qos 1, StreamConsumer drops the duplicates');
  checkOneOf('qos', qos, 0, 1);
}

/** In a page, relative to it. */
export function brokerUrl(url: string): string {
  return new URL(url, globalThis.location?.href.replace(/^http/, 'ws')).href;
}
