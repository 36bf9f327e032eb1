/** The reading half of wire format 1 (docs/wire-format.md). */
import { checkSize } from './codec-writer.js';
import { StreamError } from './errors.js';
import { checkVersion, type EventBatch, type InlineEvent, invalid, type Metadata, readBatch, WIRE_VERSION } from './events.js';
import { toHex } from './hex.js';
import { MAX_DEPTH, MAX_WEIGHT } from './message-pack.js';
import { unpack } from './unpack.js';

/** A message is a list of lists before it comes to metadata. */
const HEADER = { depth: MAX_DEPTH + 2, weight: MAX_WEIGHT, views: 4 };

export function decode(message: Uint8Array, topic: string): EventBatch {
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
    const { value, weight } = reading(() => unpack(this.payload, { depth: MAX_DEPTH, weight: this.allowance.weight + this.#weight }));
    this.allowance.weight += this.#weight - weight;
    this.#weight = weight;
    return value;
  }
}

function reading<R>(read: () => R): R {
  try {
    return read();
  } catch (error) {
    throw error instanceof StreamError ? error : invalid((error as Error).message, error);
  }
}
