/** Who wants to come in. */
export interface Guest {
  readonly bytes: number;
  /** Runs at the moment the room is given, so that nobody overtakes. */
  admit(): void;
  /** The room was closed while it waited. */
  reject(reason: unknown): void;
}

/** Bounded room, in items and bytes: who does not fit waits in line. One item always fits, however large. */
export class Room {
  items = 0;
  bytes = 0;
  /** In order of arrival; deleting from a set is cheap wherever it is. */
  readonly #waiting = new Set<Guest>();
  readonly #maxItems: number;
  readonly #maxBytes: number;

  constructor(maxItems: number, maxBytes: number) {
    this.#maxItems = maxItems;
    this.#maxBytes = maxBytes;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether there is room now, the line left aside. */
  fits(bytes: number): boolean {
    return this.items === 0 || (this.items < this.#maxItems && this.bytes + bytes <= this.#maxBytes);
  }

  /** Takes room whether or not there is any. */
  take(bytes: number): void {
    this.items++;
    this.bytes += bytes;
  }

  /** True when the guest is in; else it waits in line, to be admitted, refused, or to give up. */
  enter(guest: Guest): boolean {
    const entered = this.#waiting.size === 0 && this.#admit(guest);
    if (!entered) this.#waiting.add(guest);
    return entered;
  }

  /** Takes the guest out of the line, if it still waits. */
  giveUp(guest: Guest): void {
    this.#waiting.delete(guest);
    this.#admitNext();
  }

  /** Gives room back; whoever is next in line and fits is admitted before this returns. */
  leave(items: number, bytes: number): void {
    this.items -= items;
    this.bytes -= bytes;
    this.#admitNext();
  }

  /** Everyone in line is turned away; who comes later is not. */
  close(reason: unknown): void {
    for (const guest of this.#waiting) guest.reject(reason);
    this.#waiting.clear();
  }

  #admitNext(): void {
    for (const guest of this.#waiting) if (!this.#admit(guest)) return;
  }

  #admit(guest: Guest): boolean {
    const fits = this.fits(guest.bytes);
    if (fits) {
      this.#waiting.delete(guest); // first: `admit` may come back here
      this.take(guest.bytes);
      guest.admit();
    }
    return fits;
  }
}
