/** What cannot travel to a worker, and why. */
import { StreamError, toStreamError } from '../errors.js';
import type { Metadata } from '../events.js';
import { roughBytes } from '../rough-bytes.js';

/** Of one event, roughly. Filters read facts; bulk belongs in the object. */
export const MAX_METADATA_BYTES = 64 * 2 ** 10;

/** Whether it can be cloned is only looked at when told to: it takes cloning it. */
export function faultOf(metadata: Metadata, cloning: boolean): StreamError | undefined {
  const bytes = roughBytes(metadata);
  if (bytes > MAX_METADATA_BYTES)
    return new StreamError('too_large', `Metadata over ${MAX_METADATA_BYTES} bytes: put bulk into the object`, { bytes });
  try {
    if (cloning) copyOf(metadata, 'The metadata');
  } catch (fault) {
    return fault as StreamError;
  }
  return undefined;
}

/** Throws `not_encodable` for what is not plain data. */
export function copyOf(value: unknown, what: string): unknown {
  try {
    return structuredClone(value);
  } catch (cause) {
    throw toStreamError(cause, 'not_encodable', what);
  }
}
