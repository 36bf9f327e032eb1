/**
 * One plain JSON value per message, for devices that know nothing of this SDK.
 *
 * ```ts
 * new StreamConsumer<Reading>(subscriber, { codec: jsonCodec({ metadata: (reading) => reading }) });
 * ```
 */
import { StreamError, toStreamError } from './errors.js';
import { END_OF_STREAM, invalid, MAX_MESSAGE_BYTES, type Metadata, type StreamEvent } from './events.js';
import type { Codec } from './protocols.js';
import { sameData } from './same-data.js';

export interface JsonCodecOptions {
  /** What filters see of an object that was received. Default: nothing. Metadata given to `send` does not travel. */
  // biome-ignore lint/suspicious/noExplicitAny: a device's JSON is whatever it is; `schema` on the consumer checks it
  readonly metadata?: (object: any) => Metadata;
  /** The JSON value that means end of stream. Without one, `closeTopics` rejects with `unsupported`: plain JSON cannot say it. */
  readonly endOfStream?: unknown;
}

/** Lists and objects within each other. */
const MAX_DEPTH = 64;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Writes and reads objects as JSON does: a `Date` becomes a string, a `Map` an empty object. Throws `not_encodable` for what has no JSON,
 * `unsupported` for references to stores; `invalid_message` or `too_large` for what is no JSON, or more than 64 levels deep, or over 16 MiB.
 */
export function jsonCodec({ metadata = () => ({}), endOfStream }: JsonCodecOptions = {}): Codec {
  const end = endOfStream === undefined ? undefined : toJson(endOfStream);
  const endValue = end && JSON.parse(end);
  return {
    single: true,
    encodeEvent(event) {
      if (event.type === 'key') throw new StreamError('unsupported', 'Plain JSON carries no references to stores: use the default codec');
      if (event.type === 'inline') return checkSize(new TextEncoder().encode(toJson(event.object)));
      if (end !== undefined) return new TextEncoder().encode(end);
      throw new StreamError('unsupported', 'Plain JSON has no end of stream: say which value means it with jsonCodec({ endOfStream })');
    },
    assemble: (_header, [event = new Uint8Array()]) => event,
    decode: (message, topic) => ({ topic, stores: [], events: [toEvent(fromJson(checkSize(message)))] }),
  };

  function toEvent(object: unknown): StreamEvent {
    if (end !== undefined && sameData(object, endValue)) return END_OF_STREAM;
    return { type: 'inline', metadata: describe(object), object };
  }

  function describe(object: unknown): Metadata {
    try {
      const facts = metadata(object);
      if (typeof facts === 'object' && facts !== null) return facts;
    } catch (error) {
      const why = `Not a proxystream message: metadata() threw: ${(error as Error)?.message}`;
      throw new StreamError('invalid_message', why, { cause: error });
    }
    throw invalid('metadata() gave no object for it');
  }
}

function toJson(object: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(object);
  } catch (error) {
    throw toStreamError(error, 'not_encodable', 'The object cannot be written as JSON');
  }
  if (text === undefined) throw new StreamError('not_encodable', `A ${typeof object} has no JSON`);
  const fault = isSuspicious(text) && faultOf(JSON.parse(text));
  if (fault) throw new StreamError('not_encodable', `Not JSON that is read everywhere: ${fault}`);
  return text;
}

function fromJson(message: Uint8Array): unknown {
  let text: string;
  let object: unknown;
  try {
    text = utf8.decode(message);
    object = JSON.parse(text);
  } catch (error) {
    throw toStreamError(error, 'invalid_message', 'Not a proxystream message: it is not JSON');
  }
  const fault = isSuspicious(text) && faultOf(object);
  if (fault) throw invalid(fault);
  return object;
}

/** False when there can be nothing wrong with it. */
function isSuspicious(text: string): boolean {
  return text.includes('__proto__') || text.includes('\\u00') || text.split(/[[{]/, MAX_DEPTH + 2).length > MAX_DEPTH + 1;
}

/** Deeper than whoever reads it will survive, or with a key that changes prototypes when copied. */
function faultOf(value: unknown, levels = MAX_DEPTH): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return `it is nested deeper than ${MAX_DEPTH} levels`;
  if (Object.hasOwn(value, '__proto__')) return 'the key __proto__ is not allowed';
  for (const part of Object.values(value)) {
    const fault = faultOf(part, levels - 1);
    if (fault) return fault;
  }
  return undefined;
}

function checkSize(message: Uint8Array): Uint8Array {
  const { length } = message;
  if (length <= MAX_MESSAGE_BYTES) return message;
  throw new StreamError('too_large', `${length} bytes of JSON are over the limit of ${MAX_MESSAGE_BYTES}`, { bytes: length });
}
