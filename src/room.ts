import { unlessAborted } from './unless-aborted.js';

interface Waiter {
  readonly bytes: number;
  readonly admit: () => void;
  readonly fail: (reason: unknown) => void;
}

/**
 * Bounded room, in items and bytes: who does not fit waits in line. One item always fits, however large.
 * `admit` runs at the moment the room is given, so that nobody overtakes.
 */
export class Room {
  #items = 0;
  #bytes = 0;
  /** In order of arrival; deleting from a set is cheap wherever it is. */
  readonly #waiting = new Set<Waiter>();
  constructor(
    readonly maxItems: number,
    readonly maxBytes: number,
  ) {}

  get items(): number {
    return this.#items;
  }
  get bytes(): number {
    return this.#bytes;
  }
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether there is room now, the line left aside. */
  fits(bytes: number): boolean {
    return this.#items === 0 || (this.#items < this.maxItems && this.#bytes + bytes <= this.maxBytes);
  }

  /** Takes room whether or not there is any. */
  take(bytes: number): void {
    this.#items++;
    this.#bytes += bytes;
  }

  /**
   * Runs `admit` now and returns nothing, or returns a promise that settles once it has run. Rejects with the signal's reason, or what the room
   * is closed with meanwhile. Throws the reason of a signal that is aborted already.
   */
  enter(bytes: number, admit: () => void, signal?: AbortSignal): Promise<void> | undefined {
    signal?.throwIfAborted();
    if (this.#waiting.size === 0 && this.fits(bytes)) {
      this.take(bytes);
      admit();
      return undefined;
    }
    let waiter: Waiter | undefined;
    const entering = new Promise<void>((resolve, fail) => {
      waiter = {
        bytes,
        admit: () => {
          admit();
          resolve();
        },
        fail,
      };
      this.#waiting.add(waiter);
    });
    return unlessAborted(entering, signal, () => {
      const waited = this.#waiting.delete(waiter as Waiter);
      this.#admitNext();
      return waited;
    });
  }

  /** Gives room back; whoever is next in line and fits is admitted before this returns. */
  leave(items: number, bytes: number): void {
    this.#items -= items;
    this.#bytes -= bytes;
    this.#admitNext();
  }

  /** Everyone in line is turned away; who comes later is not. */
  close(reason: unknown): void {
    for (const waiter of this.#waiting) waiter.fail(reason);
    this.#waiting.clear();
  }

  #admitNext(): void {
    for (const next of this.#waiting) {
      if (!this.fits(next.bytes)) return;
      this.#waiting.delete(next); // first: `admit` may come back here
      this.take(next.bytes);
      next.admit();
    }
  }
}
