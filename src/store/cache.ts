/** Bytes of objects that were read, up to a bound; the least recently used go first. */
export class Cache {
  readonly #objects = new Map<string, Uint8Array>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): Uint8Array | undefined {
    const bytes = this.#objects.get(key);
    if (bytes) {
      this.#objects.delete(key);
      this.#objects.set(key, bytes);
    }
    return bytes;
  }

  add(key: string, bytes: Uint8Array): void {
    if (bytes.length > this.#maxBytes) return;
    this.delete(key);
    this.#objects.set(key, bytes);
    this.#bytes += bytes.length;
    for (const oldest of this.#objects.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#bytes -= this.#objects.get(key)?.length ?? 0;
    this.#objects.delete(key);
  }

  clear(): void {
    this.#objects.clear();
    this.#bytes = 0;
  }
}
