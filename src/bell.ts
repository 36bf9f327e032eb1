import { unlessAborted } from './unless-aborted.js';

/** Wakes everyone who waits for it. */
export class Bell {
  #ring: (() => void) | undefined;
  #rung: Promise<void> | undefined;

  ring(): void {
    this.#rung = undefined;
    this.#ring?.();
  }

  /** Settles at the next ring, or when the signal is aborted. Never rejects. */
  next(signal?: AbortSignal): Promise<void> {
    this.#rung ??= new Promise((resolve) => {
      this.#ring = resolve;
    });
    return unlessAborted(this.#rung, signal).catch(() => {});
  }
}
