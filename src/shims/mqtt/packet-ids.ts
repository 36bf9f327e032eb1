/** Packet identifiers in use on one session; none is given twice before it is free again. */
export class PacketIds {
  readonly #used = new Set<number>();
  #last = 0;

  get free(): boolean {
    return this.#used.size < 65_535;
  }

  take(): number {
    do this.#last = (this.#last % 65_535) + 1;
    while (this.#used.has(this.#last));
    this.#used.add(this.#last);
    return this.#last;
  }

  release(id: number): void {
    this.#used.delete(id);
  }
}
