/**
 * Knows whether the other end still answers. mqtt.js would ping by a count of its own timer's ticks, which fails where a hidden page's timers
 * fire once a minute; here every tick pings, and half the keepalive is still well before the broker gives up (one and a half).
 */
export class Pulse {
  readonly #every: ReturnType<typeof setInterval>;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #due = 0;

  constructor(
    keepaliveMs: number,
    readonly ping: () => void,
    readonly dead: () => void,
  ) {
    this.#every = setInterval(() => this.probe(keepaliveMs / 2), keepaliveMs / 2);
  }

  /** Anything that arrives is a sign of life. */
  heard(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  /** Pings, and declares it dead when nothing is heard in time. */
  probe(timeoutMs: number): void {
    this.ping();
    this.#expect(timeoutMs, true);
  }

  stop(): void {
    clearInterval(this.#every);
    clearTimeout(this.#deadline);
  }

  #expect(timeoutMs: number, mayOversleep: boolean): void {
    const due = Date.now() + timeoutMs;
    if (this.#deadline && this.#due <= due) return;
    clearTimeout(this.#deadline);
    this.#due = due;
    this.#deadline = setTimeout(() => {
      this.#deadline = undefined;
      // A frozen page or a sleeping computer wakes with its timers overdue and what arrived meanwhile still unread: ask once more.
      if (!mayOversleep || Date.now() - due <= timeoutMs) return this.dead();
      this.ping();
      this.#expect(timeoutMs, false);
    }, timeoutMs);
  }
}
