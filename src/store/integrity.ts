/** Whether bytes are what their key says. */
import { StreamError } from '../errors.js';
import { hashOf, type KeyFacts } from './key.js';

/** Before anything is fetched. Throws `too_large`. */
export function checkSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new StreamError('too_large', `${bytes} bytes are over this store's limit of ${maxBytes}: raise maxBytes`, { bytes, maxBytes });
}

/** Rejects with `object_corrupt`. False when there is no hash to compare. */
export async function verify(key: string, { bytes: size, hash }: KeyFacts, bytes: Uint8Array): Promise<boolean> {
  if (bytes.length !== size) throw wrongSize(key, bytes.length, size);
  const found = hash && (await hashOf(bytes));
  if (found && found !== hash) throw new StreamError('object_corrupt', `Object "${key}" has been changed: its hash is another`, { key });
  return Boolean(found);
}

export function missing(store: string, key: string): StreamError {
  return new StreamError('object_missing', `Store "${store}" has no "${key}" (any more)`, { store, key });
}

export function wrongSize(key: string, found: number, size: number): StreamError {
  return new StreamError('object_corrupt', `Object "${key}" should have ${size} bytes, not ${found}`, { key, size, found });
}

export function notVerifiable(): StreamError {
  return new StreamError('unsupported', "This object's hash cannot be compared: serve the page over https, or allow verify: 'if-possible'");
}
