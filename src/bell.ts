/** Wakes everyone who waits for it. */
export class Bell {
  #ring: () => void = () => {};
  #rung: Promise<void> | undefined;

  ring(): void {
    this.#rung = undefined;
    this.#ring();
  }

  /** Settles at the next ring, or when the signal is aborted from now on. Never rejects. */
  next(signal: AbortSignal | undefined): Promise<void> {
    this.#rung ??= new Promise((resolve) => {
      this.#ring = resolve;
    });
    if (!signal) return this.#rung;
    const rung = this.#rung;
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
      signal.addEventListener('abort', wake);
      rung.then(wake);
    });
  }
}
