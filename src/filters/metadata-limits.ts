/** Which metadata cannot travel to a worker, and why. */
import { StreamError } from '../errors.js';
import type { Metadata } from '../events.js';
import { roughBytes } from '../rough-bytes.js';

/** Of one event, roughly. Filters read facts; bulk belongs in the object. */
export const MAX_METADATA_BYTES = 64 * 2 ** 10;

/** Whether it can be cloned is only looked at when told to: it takes cloning it. */
export function faultOf(metadata: Metadata, cloning: boolean): StreamError | undefined {
  const bytes = roughBytes(metadata);
  if (bytes > MAX_METADATA_BYTES) {
    const message = `Metadata of about ${bytes} bytes is too much for a filter worker (${MAX_METADATA_BYTES}): put bulk into the object`;
    return new StreamError('too_large', message, { bytes });
  }
  try {
    if (cloning) structuredClone(metadata);
  } catch (cause) {
    return new StreamError('not_encodable', `The metadata is not plain data: ${(cause as Error).message}`, { cause });
  }
  return undefined;
}
