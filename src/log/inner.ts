import type { StreamError } from '../errors.js';

/** What a pump stands in front of: one of a kind, or a way to make a new one for each term. Neither may do anything before it is used. */
export type Given<P> = P | (() => P);

export interface Closable {
  close(): Promise<void>;
  /** A new one like this, not yet connected. */
  renew?(): Closable;
}

/** The publisher or subscriber inside an outbox or inbox: connected only while its tab pumps, as far as it can be made anew. */
export class Inner<P extends Closable> {
  readonly #make: (() => P) | undefined;
  #current: P;
  #used = false;

  /** `first` is the one that was given, or made, to begin with. */
  constructor(given: Given<P>, first: P) {
    this.#make = typeof given === 'function' ? given : undefined;
    this.#current = first;
  }

  get current(): P {
    return this.#current;
  }

  use(): P {
    this.#used = true;
    return this.#current;
  }

  /** Its connection will not come back by itself. */
  get failed(): boolean {
    const { connection } = this.#current as { connection?: { state?: { status?: string; error?: StreamError } } };
    return connection?.state?.status === 'failed' || connection?.state?.status === 'closed';
  }

  /** False when there is none but this one. */
  get renewable(): boolean {
    return this.#make !== undefined || this.#current.renew !== undefined;
  }

  /** Lets go of the connection, so that the next tab can have it. */
  async retire(): Promise<void> {
    const { current } = this;
    if (!this.#used || !this.renewable) return;
    this.#used = false;
    this.#current = this.#make?.() ?? (current.renew?.() as P | undefined) ?? current;
    await current.close();
  }

  close(): Promise<void> {
    return this.#current.close();
  }
}
