import { StreamError } from '../../errors.js';

/** Gives an attempt up when nothing has happened for too long, or when somebody says so. */
export class Deadline {
  readonly #control = new AbortController();
  readonly #ms: number;
  readonly #signals: readonly AbortSignal[];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number, signals: readonly AbortSignal[]) {
    this.#ms = ms;
    this.#signals = signals;
    for (const signal of signals) {
      if (signal.aborted) this.#control.abort(signal.reason);
      signal.addEventListener('abort', this.#abort);
    }
    this.extend();
  }

  get signal(): AbortSignal {
    return this.#control.signal;
  }

  /** Something has come. */
  extend(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#control.abort(new StreamError('timeout', `The endpoint has sent nothing for ${Math.round(this.#ms)} ms`)),
      this.#ms,
    );
  }

  /** Nothing is expected to come. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  /** Why it was given up, if it was. */
  end(): unknown {
    clearTimeout(this.#timer);
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#abort);
    return this.#control.signal.aborted ? this.#control.signal.reason : undefined;
  }

  readonly #abort = ({ target }: Event) => this.#control.abort((target as AbortSignal).reason);
}
