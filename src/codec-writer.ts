/** The writing half of wire format 1 (docs/wire-format.md). */
import { StreamError, toStreamError } from './errors.js';
import { type BatchHeader, type InlineEvent, MAX_MESSAGE_BYTES, toWire, WIRE_VERSION } from './events.js';
import { fromHex } from './hex.js';
import { MAX_WEIGHT } from './message-pack.js';
import { Embedded, pack, weightOfPacked } from './pack.js';
import type { Codec } from './protocols.js';

/** Encoded events that weigh more than `LIGHT`. Most weigh less, and remembering costs time. */
const heavy = new WeakMap<Uint8Array, number>();
const LIGHT = 8;
/** No message this short can weigh too much: a byte weighs 2 at most. */
const LIGHT_BYTES = MAX_WEIGHT / 2;

export const writer: Pick<Codec, 'encodeEvent' | 'assemble'> = {
  encodeEvent(event) {
    const bytes = checkSize(writing(() => pack(event.type === 'inline' ? inlineRecord(event) : toWire(event))));
    const weight = weightOfPacked();
    if (weight > LIGHT) heavy.set(bytes, weight);
    return bytes;
  },

  /** Throws `too_large` for what no reader would take; fewer events may still do. */
  assemble(header, events) {
    const head = writing(() => encodeHeader(header, events.length));
    const message = checkSize(concat([...head, ...events]));
    if (message.length > LIGHT_BYTES && weigh(events) > MAX_WEIGHT) {
      throw new StreamError('too_large', 'It holds more lists, maps and binaries than a message may: send fewer events at once');
    }
    return [message];
  },
};

/** With the header, whose stores were packed last. */
function weigh(events: readonly Uint8Array[]): number {
  return events.reduce((sum, event) => sum + (heavy.get(event) ?? LIGHT), LIGHT + weightOfPacked());
}

function inlineRecord({ metadata, object }: InlineEvent): readonly unknown[] {
  // Bytes go as they are: wrapping them in MessagePack again would copy them twice.
  const raw = object instanceof Uint8Array;
  return raw ? [0, metadata, object, 1] : [0, metadata, new Embedded(object)];
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

export function checkSize(message: Uint8Array): Uint8Array {
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
