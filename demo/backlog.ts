/** How much waits to leave, and, while it drains, how far that is. */
import { count, find, write } from './page.js';

export class Backlog {
  readonly #bar = find<HTMLProgressElement>('#drained');
  #waiting = 0;
  #most = 0;
  #since: number | undefined;

  /** Called whenever either has changed. */
  show(waiting: number, connected: boolean): void {
    // What is sent while it drains makes the way longer.
    if (waiting > this.#waiting) this.#most += waiting - this.#waiting;
    this.#waiting = waiting;
    if (!connected) this.#since = undefined;
    else if (waiting > 0) this.#since ??= performance.now();
    write(find('#backlog'), count(waiting));
    this.#bar.max = Math.max(1, this.#most);
    this.#bar.value = this.#most - waiting;
    const words = this.#words(connected);
    if (words !== undefined) write(find('#backlog-words'), words);
    if (waiting > 0) return;
    this.#most = 0;
    this.#since = undefined;
  }

  /** Nothing when what was said still holds. */
  #words(connected: boolean): string | undefined {
    if (this.#waiting > 0)
      return connected
        ? `${count(this.#most - this.#waiting)} of ${count(this.#most)} have left.`
        : 'Stored here until there is a connection.';
    if (this.#most === 0) return undefined;
    const seconds = this.#since === undefined ? undefined : (performance.now() - this.#since) / 1000;
    return `${count(this.#most)} have left${seconds === undefined ? '' : ` in ${seconds.toFixed(1)} s`}.`;
  }
}
