/** A buffer of its own for each message would cost more than all else that is done with a short one. */
const CHUNK_BYTES = 2 ** 16;

/** Copies of what its owner may change, one behind the other in buffers that they share. */
export class Copies {
  #chunk = new Uint8Array(0);
  #used = 0;

  of(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    if (this.#used + length > this.#chunk.length) {
      this.#chunk = new Uint8Array(Math.max(CHUNK_BYTES, length));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    this.#chunk.set(bytes, start);
    return this.#chunk.subarray(start, this.#used);
  }
}
