/** How smooth the page is while something else happens: frames on time, and the longest task of the main thread. */

export interface Smoothness {
  /** Percent of the frames that came at most half a frame late. */
  readonly onTime: number;
  /** Milliseconds; 0 when none was longer than the 50 that browsers report. */
  readonly longestTask: number;
}

export class FrameWatch {
  readonly #gaps: number[] = [];
  readonly #observer = new PerformanceObserver((list) => this.#note(list.getEntries()));
  #last = 0;
  #longest = 0;
  #frame = 0;

  start(): void {
    this.#observer.observe({ type: 'longtask' });
    const tick = (now: number) => {
      if (this.#last > 0) this.#gaps.push(now - this.#last);
      this.#last = now;
      this.#frame = requestAnimationFrame(tick);
    };
    this.#frame = requestAnimationFrame(tick);
  }

  /** Throws when there is too little to say anything. */
  stop(): Smoothness {
    cancelAnimationFrame(this.#frame);
    this.#note(this.#observer.takeRecords());
    this.#observer.disconnect();
    if (this.#gaps.length < 10) throw new Error(`Only ${this.#gaps.length} frames: the page is hidden, or stood still`);
    const frame = this.#gaps.toSorted((a, b) => a - b)[Math.floor(this.#gaps.length / 2)] as number;
    const period = Math.max(frame, 1000 / 60);
    // A frame that took three periods stands for three, of which two were missed.
    const due = this.#gaps.reduce((sum, gap) => sum + Math.max(1, Math.round(gap / period)), 0);
    const onTime = this.#gaps.filter((gap) => gap < 1.5 * period).length;
    return { onTime: (100 * onTime) / due, longestTask: this.#longest };
  }

  #note(entries: PerformanceEntryList): void {
    for (const { duration } of entries) this.#longest = Math.max(this.#longest, duration);
  }
}
