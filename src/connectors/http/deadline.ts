import { StreamError } from '../../errors.js';

/** Gives an attempt up when nothing has happened for too long, or when somebody says so. */
export class Deadline {
  readonly signal: AbortSignal;
  readonly #late = new AbortController();
  readonly #ms: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number, signals: readonly AbortSignal[]) {
    this.#ms = ms;
    this.signal = AbortSignal.any([...signals, this.#late.signal]);
    this.extend();
  }

  /** Something has come. */
  extend(): void {
    const reason = () => new StreamError('timeout', `The endpoint has sent nothing for ${Math.round(this.#ms)} ms`);
    this.pause();
    this.#timer = setTimeout(() => this.#late.abort(reason()), this.#ms);
  }

  /** Nothing is expected to come. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  /** Why it was given up, if it was. */
  end(): unknown {
    this.pause();
    return this.signal.reason;
  }
}
