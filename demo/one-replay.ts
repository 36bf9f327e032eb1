/** Two replays at once would make a muddle of every board, so in one browser whoever starts last has the stage. */
const NAME = 'proxystream-demo-replay';

export class Stage {
  readonly #lost: () => void;
  #leave: (() => void) | undefined;

  /** `lost` is called when another page takes the stage over. */
  constructor(lost: () => void) {
    this.#lost = lost;
  }

  /** Settles with true once this page has it. With `politely` it is left to whoever has it: false then. */
  take({ politely = false } = {}): Promise<boolean> {
    // Absent on plain http: pages other than localhost.
    if (this.#leave || !navigator.locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      const held = navigator.locks.request(NAME, politely ? { ifAvailable: true } : { steal: true }, (lock) => {
        resolve(lock !== null);
        return lock && new Promise<void>((leave) => (this.#leave = leave));
      });
      held.catch(() => {
        this.#leave = undefined;
        this.#lost();
      });
    });
  }

  leave(): void {
    this.#leave?.();
    this.#leave = undefined;
  }
}
