/** How smooth the page is: its frames, and its longest task. */

/** The longest task is that of so many milliseconds. */
const SPAN_MS = 5000;
/** Timers within timers come no sooner. */
const PULSE_MS = 4;

export class Smoothness {
  /** Whether the browser tells of long tasks; those over 50 ms. Where it does not, they are estimated by how late timers come. */
  readonly exact = PerformanceObserver.supportedEntryTypes.includes('longtask');
  /** Shorter tasks are not told of. */
  readonly leastMs = this.exact ? 50 : 2 * PULSE_MS;
  readonly #since = performance.now();
  #frames: number[] = [];
  #tasks: { readonly at: number; readonly ms: number }[] = [];

  constructor() {
    const frame = () => {
      this.#frames.push(performance.now());
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    if (this.exact) {
      new PerformanceObserver((list) => {
        for (const { startTime, duration } of list.getEntries()) this.#note(startTime + duration, duration);
      }).observe({ type: 'longtask' });
    } else this.#pulse(performance.now());
  }

  /** Over the last second. Nothing in a hidden page. */
  get framesPerSecond(): number {
    const now = performance.now();
    this.#frames = this.#frames.filter((at) => now - at < 1000);
    return (1000 * this.#frames.length) / Math.min(1000, now - this.#since);
  }

  /** Milliseconds of the longest task of the last seconds; 0 when none was long. */
  get longestTask(): number {
    const now = performance.now();
    this.#tasks = this.#tasks.filter(({ at }) => now - at < SPAN_MS);
    return Math.max(0, ...this.#tasks.map(({ ms }) => ms));
  }

  /** The tasks so far. */
  forget(): void {
    this.#tasks = [];
  }

  #note(at: number, ms: number): void {
    this.#tasks.push({ at, ms });
  }

  #pulse(last: number): void {
    const now = performance.now();
    const late = now - last - PULSE_MS;
    if (late > this.leastMs) this.#note(now, late);
    setTimeout(() => this.#pulse(now), PULSE_MS);
  }
}
