import type { Bulk, Lifetime } from '../protocols.js';
import { roughBytes } from '../rough-bytes.js';

/** Of a key event, without its metadata. */
const KEY_EVENT_BYTES = 100;

/** Bytes of the event of an object, roughly: the object itself, or its key. */
export function loadOf(object: unknown, inlineBelow: number): number {
  const bytes = roughBytes(object);
  return bytes < inlineBelow ? bytes : KEY_EVENT_BYTES;
}

/** The keys of those that `put` was given: the others take fewer bytes, roughly, and had better stay in their events. */
export async function putLarge(
  bulk: readonly Bulk[],
  inlineBelow: number,
  put: (objects: readonly unknown[], lifetimes: readonly Lifetime[]) => Promise<string[]>,
): Promise<(string | undefined)[]> {
  const isLarge = bulk.map(({ object }) => !(roughBytes(object) < inlineBelow));
  const large = bulk.filter((_, i) => isLarge[i]);
  if (large.length === 0) return [];
  const keys = (
    await put(
      large.map(({ object }) => object),
      large.map(({ evict }) => evict),
    )
  ).values();
  return isLarge.map((is) => (is ? keys.next().value : undefined));
}
