/** The part of wire format 1 (docs/wire-format.md) that writes and reads whole messages. */
import { checkSize, heavy, LIGHT, writing } from './codec-events.js';
import { StreamError, toStreamError } from './errors.js';
import { type BatchHeader, type EventBatch, type InlineEvent, invalid, type Metadata, WIRE_VERSION } from './events.js';
import { fromHex, toHex } from './hex.js';
import { MAX_DEPTH, MAX_WEIGHT } from './message-pack.js';
import { pack, weightOfPacked } from './pack.js';
import { checkVersion, list, readBatch } from './read-batch.js';
import { unpack } from './unpack.js';

/** A message is a list of lists before it comes to metadata. */
const HEADER = { depth: MAX_DEPTH + 2, weight: MAX_WEIGHT, views: 4 };
/** No message this short can weigh too much: a byte weighs 2 at most. */
const LIGHT_BYTES = MAX_WEIGHT / 2;

/** Throws `too_large` for what no reader would take; fewer events may still do. */
export function assemble(header: BatchHeader, events: readonly Uint8Array[]): Uint8Array {
  const head = writing(() => encodeHeader(header, events.length));
  const message = checkSize(concat([...head, ...events]));
  if (message.length > LIGHT_BYTES && weigh(events) > MAX_WEIGHT) {
    throw new StreamError('too_large', 'It holds more lists, maps and binaries than a message may: send fewer events at once');
  }
  return message;
}

export function decode(message: Uint8Array, topic: string): EventBatch {
  checkSize(message);
  const [head = 0, version = 0] = message;
  // A newer format need not have anything else in common with this one.
  if (head >> 4 === 9 && version > WIRE_VERSION && version < 0x80) checkVersion(version);
  const { value, weight } = reading(() => unpack(message, HEADER));
  const allowance = { weight: MAX_WEIGHT - weight };
  const inline = (metadata: Metadata, payload: unknown, raw: boolean) => {
    if (!(payload instanceof Uint8Array)) throw invalid("an inline event's payload is not binary");
    return new EncodedEvent(metadata, payload, raw, allowance);
  };
  const [format, published, producer, seq, stores, events] = list(value);
  const batch = readBatch([format, published, producer instanceof Uint8Array && toHex(producer), seq, stores, events], inline);
  // Where it arrived is what its reader subscribed to, and what its sender was allowed to publish to.
  return { ...batch, topic: topic || batch.topic };
}

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
    const { value, weight } = reading(() =>
      unpack(this.payload, { depth: MAX_DEPTH, weight: this.allowance.weight + this.#weight, views: 0 }),
    );
    this.allowance.weight += this.#weight - weight;
    this.#weight = weight;
    return value;
  }
}

function reading<R>(read: () => R): R {
  try {
    return read();
  } catch (error) {
    throw toStreamError(error, 'invalid_message', 'Not a proxystream message');
  }
}

/** With the header, whose stores were packed last. */
function weigh(events: readonly Uint8Array[]): number {
  return events.reduce((sum, event) => sum + (heavy.get(event) ?? LIGHT), LIGHT + weightOfPacked);
}

function encodeHeader({ topic, producer = '', seq, stores }: BatchHeader, events: number): Uint8Array[] {
  if (!/^[0-9a-f]{32}$/.test(producer) || seq === undefined)
    throw new TypeError('it takes a producer of 32 hexadecimal digits and a sequence number');
  const fields = [WIRE_VERSION, topic, fromHex(producer), seq, stores].map((field) => pack(field));
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
