/**
 * Wire format 1 (docs/wire-format.md): batches of events as MessagePack. Headers and metadata are read, filtered and dropped
 * without decoding any object.
 *
 * ```ts
 * new StreamProducer(publisher, { codec: messagePack }); // what byte shims use unless told otherwise
 * ```
 */
import { StreamError, toStreamError } from './errors.js';
import {
  type BatchHeader,
  checkVersion,
  type EventBatch,
  type InlineEvent,
  invalid,
  MAX_MESSAGE_BYTES,
  type Metadata,
  readBatch,
  toWire,
  WIRE_VERSION,
} from './events.js';
import { fromHex, toHex } from './hex.js';
import { MAX_DEPTH, MAX_WEIGHT } from './message-pack.js';
import { Embedded, pack } from './pack.js';
import type { Codec } from './protocols.js';
import { unpack } from './unpack.js';

/** A message is a list of lists before it comes to metadata. */
const HEADER = { depth: MAX_DEPTH + 2, weight: MAX_WEIGHT, views: 4 };
/** No message this short can weigh too much: a byte weighs 2 at most. */
const LIGHT_BYTES = MAX_WEIGHT / 2;

export const messagePack: Codec = {
  encodeEvent(event) {
    return checkSize(writing(() => pack(event.type === 'inline' ? inlineRecord(event) : toWire(event))));
  },

  /** Throws `too_large` for what no reader would take; fewer events may still do. */
  assemble(header, events) {
    const message = checkSize(concat([...writing(() => encodeHeader(header, events.length)), ...events]));
    if (message.length > LIGHT_BYTES) readAll(messagePack.decode(message, header.topic));
    return [message];
  },

  decode(message, topic): EventBatch {
    checkSize(message);
    const [head = 0, version = 0] = message;
    // A newer format need not have anything else in common with this one.
    if (head >> 4 === 9 && version > WIRE_VERSION && version < 0x80) checkVersion(version);
    const { value, weight } = reading(() => unpack(message, HEADER));
    const allowance = { weight: MAX_WEIGHT - weight };
    const { producer, ...batch } = readBatch(value, (metadata, payload, raw) => {
      if (!(payload instanceof Uint8Array)) throw invalid("an inline event's payload is not binary");
      return new EncodedEvent(metadata, payload, raw, allowance);
    });
    if (!(producer instanceof Uint8Array) || producer.length !== 16) throw invalid('its producer is not 16 bytes');
    // Where it arrived is what its reader subscribed to, and what its sender was allowed to publish to.
    return { ...batch, topic: topic || batch.topic, producer: toHex(producer) };
  },
};

/** An inline event whose object is decoded anew each time it is read, so that readers never share it. */
class EncodedEvent implements InlineEvent {
  readonly type = 'inline';
  #weight = 0;
  constructor(
    readonly metadata: Metadata,
    readonly payload: Uint8Array,
    readonly raw: boolean,
    /** What all objects of the message may weigh together. */
    readonly allowance: { weight: number },
  ) {}

  get object(): unknown {
    if (this.raw) return this.payload.slice();
    const { value, weight } = reading(() => unpack(this.payload, { depth: MAX_DEPTH, weight: this.allowance.weight + this.#weight }));
    this.allowance.weight += this.#weight - weight;
    this.#weight = weight;
    return value;
  }
}

function inlineRecord({ metadata, object }: InlineEvent): readonly unknown[] {
  // Bytes go as they are: wrapping them in MessagePack again would copy them twice.
  const raw = object instanceof Uint8Array;
  return raw ? [0, metadata, object, 1] : [0, metadata, new Embedded(object)];
}

function readAll({ events }: EventBatch): void {
  for (const event of events) if (event.type === 'inline') void event.object;
}

function encodeHeader({ topic, producer = '', seq, stores }: BatchHeader, events: number): Uint8Array[] {
  if (!/^[0-9a-f]{32}$/.test(producer) || seq === undefined)
    throw new TypeError('it takes a producer of 32 hexadecimal digits and a sequence number');
  const fields = [WIRE_VERSION, topic, fromHex(producer), seq, stores].map(pack);
  return [Uint8Array.of(0x96), ...fields, listHead(events)];
}

function listHead(length: number): Uint8Array {
  if (length < 16) return Uint8Array.of(0x90 | length);
  return length < 2 ** 16 ? Uint8Array.of(0xdc, length >> 8, length) : Uint8Array.of(0xdd, length >> 24, length >> 16, length >> 8, length);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function checkSize(message: Uint8Array): Uint8Array {
  const { length } = message;
  if (length <= MAX_MESSAGE_BYTES) return message;
  throw new StreamError(
    'too_large',
    `${length} bytes are over the limit of ${MAX_MESSAGE_BYTES}: send large objects by reference through a store`,
    { bytes: length },
  );
}

function writing<R>(write: () => R): R {
  try {
    return write();
  } catch (error) {
    throw toStreamError(error, 'not_encodable', 'It cannot be written as MessagePack');
  }
}

function reading<R>(read: () => R): R {
  try {
    return read();
  } catch (error) {
    throw error instanceof StreamError ? error : invalid((error as Error).message, error);
  }
}
