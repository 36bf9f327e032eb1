/** From objects to bytes and back. */
import { StreamError, toStreamError } from '../errors.js';
import { MAX_DEPTH, MAX_WEIGHT } from '../message-pack.js';
import { pack } from '../pack.js';
import { unpack } from '../unpack.js';
import type { ObjectKind } from './key.js';

/** A way of one's own to write objects, for both ends to agree on. What it fails with becomes the cause of `not_encodable` or `object_corrupt`. */
export interface Serializer {
  serialize(object: unknown): Uint8Array | Promise<Uint8Array>;
  deserialize(bytes: Uint8Array): unknown;
}

export async function serialize(object: unknown, own: Serializer | undefined): Promise<{ kind: ObjectKind; bytes: Uint8Array }> {
  try {
    if (own) return { kind: 'c', bytes: await own.serialize(object) };
    return object instanceof Uint8Array ? { kind: 'r', bytes: object } : { kind: 'm', bytes: pack(object) };
  } catch (error) {
    throw toStreamError(error, 'not_encodable', 'The object cannot be written');
  }
}

export async function deserialize(kind: ObjectKind, bytes: Uint8Array, own: Serializer | undefined): Promise<unknown> {
  if (kind === 'r') return bytes;
  if (kind === 'c' && !own)
    throw new StreamError('unsupported', 'The object was written by a serializer that this store was not given: pass { serializer }');
  try {
    return kind === 'c' ? await own?.deserialize(bytes) : unpack(bytes, { depth: MAX_DEPTH, weight: MAX_WEIGHT, views: 0 }).value;
  } catch (error) {
    throw toStreamError(error, 'object_corrupt', 'The object cannot be read');
  }
}
