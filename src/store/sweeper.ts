import { reportUnheard } from '../errors.js';

const EVERY_MS = 60_000;

/** Removes what has expired once a minute, from the first object that may. */
export class Sweeper {
  readonly #sweep: () => Promise<unknown>;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(sweep: () => Promise<unknown>) {
    this.#sweep = sweep;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#sweep().catch(reportUnheard), EVERY_MS);
    // A Node process must not stay for it.
    (this.#timer as { unref?(): void }).unref?.();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
