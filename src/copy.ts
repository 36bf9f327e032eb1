/** A buffer of its own for each short message would cost more than all else that is done with it. */
const CHUNK_BYTES = 2 ** 16;

let chunk = new Uint8Array(0);
let used = 0;

/** A copy of what its owner may change. It shares its buffer with other copies: nobody may transfer that. */
export function copy(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  if (used + length > chunk.length) {
    chunk = new Uint8Array(Math.max(CHUNK_BYTES, length));
    used = 0;
  }
  chunk.set(bytes, used);
  used += length;
  return chunk.subarray(used - length, used);
}
