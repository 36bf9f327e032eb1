/** Which metadata cannot travel to a worker, and why. */
import { StreamError } from '../errors.js';
import type { Metadata } from '../events.js';
import { roughBytes } from '../rough-bytes.js';

/** Of one event, roughly. Filters read facts; bulk belongs in the object. */
export const MAX_METADATA_BYTES = 64 * 2 ** 10;

export type Fault = StreamError;

/** By index; nothing when all can go. Whether they can be cloned is only looked at when told to: it takes cloning them. */
export function faultsIn(metadata: readonly Metadata[], cloning = false): ReadonlyMap<number, Fault> | undefined {
  let faults: Map<number, Fault> | undefined;
  for (let i = 0; i < metadata.length; i++) {
    const fault = faultOf(metadata[i] as Metadata, cloning);
    if (fault) faults = (faults ?? new Map()).set(i, fault);
  }
  return faults;
}

function faultOf(metadata: Metadata, cloning: boolean): Fault | undefined {
  const bytes = roughBytes(metadata);
  if (bytes > MAX_METADATA_BYTES) {
    const message = `Metadata of about ${bytes} bytes is too much for a filter worker (${MAX_METADATA_BYTES}): put bulk into the object`;
    return new StreamError('too_large', message, { bytes });
  }
  if (cloning) {
    try {
      structuredClone(metadata);
    } catch (cause) {
      return new StreamError('not_encodable', `The metadata is not plain data: ${(cause as Error).message}`, { cause });
    }
  }
  return undefined;
}
