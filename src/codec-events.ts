/** The part of wire format 1 (docs/wire-format.md) that writes single events. */
import { copy } from './copy.js';
import { StreamError, toStreamError } from './errors.js';
import { type InlineEvent, MAX_MESSAGE_BYTES, type StreamEvent, toWire } from './events.js';
import { Embedded, pack, weightOfPacked } from './pack.js';

/** Encoded events that weigh more than `LIGHT`. Most weigh less, and remembering costs time. */
export const heavy = new WeakMap<Uint8Array, number>();
export const LIGHT = 8;

export function encodeEvent(event: StreamEvent): Uint8Array {
  const bytes = checkSize(writing(() => pack(event.type === 'inline' ? inlineRecord(event) : toWire(event), copy)));
  if (weightOfPacked > LIGHT) heavy.set(bytes, weightOfPacked);
  return bytes;
}

function inlineRecord({ metadata, object }: InlineEvent): readonly unknown[] {
  // Bytes go as they are: wrapping them in MessagePack again would copy them twice.
  const raw = object instanceof Uint8Array;
  return raw ? [0, metadata, object, 1] : [0, metadata, new Embedded(object)];
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

export function writing<R>(write: () => R): R {
  try {
    return write();
  } catch (error) {
    throw toStreamError(error, 'not_encodable', 'It cannot be written as MessagePack');
  }
}
