/** Plays the week in order, at a speed that may change meanwhile. Knows nothing of streams or pages. */
import type { Quake } from './quake.js';

export type PlayerStatus = 'ready' | 'playing' | 'paused' | 'ended';

/** Flat out, one week is over before anyone has seen it. */
export const FLAT_OUT_WEEKS = 60;
/** Sends between two looks at the page … */
const BURST = 512;
/** … and how many such bursts may be unpublished. */
const AHEAD = 8;

export class Player {
  /** Milliseconds of the week per millisecond; `Infinity` is as fast as the wire takes it. */
  speed = 1;
  status: PlayerStatus = 'ready';
  /** The time on the week's clock. */
  clock: number;
  readonly #week: readonly Quake[];
  readonly #publish: (quake: Quake) => Promise<void>;
  readonly #onEnd: () => void;
  #next = 0;
  #weeks = 0;
  #ticked = 0;
  #rushing = false;

  /** `publish` settles when the quake is published, and is asked to publish further ones before that. */
  constructor(week: readonly Quake[], publish: (quake: Quake) => Promise<void>, onEnd: () => void) {
    this.#week = week;
    this.#publish = publish;
    this.#onEnd = onEnd;
    this.clock = week[0]?.time ?? 0;
  }

  /** From 0 to 1. */
  get progress(): number {
    const weeks = this.speed === Number.POSITIVE_INFINITY || this.#weeks > 0 ? FLAT_OUT_WEEKS : 1;
    return this.status === 'ended' ? 1 : (this.#weeks + this.#next / this.#week.length) / weeks;
  }

  play(): void {
    if (this.status !== 'ended') this.status = 'playing';
    this.#ticked = performance.now();
  }

  pause(): void {
    if (this.status === 'playing') this.status = 'paused';
  }

  /** To be called about 25 times a second. */
  tick(): void {
    const now = performance.now();
    const passed = now - this.#ticked;
    this.#ticked = now;
    if (this.status !== 'playing' || this.#rushing) return;
    if (this.speed === Number.POSITIVE_INFINITY) void this.#rush();
    else this.#playUntil(this.clock + passed * this.speed);
  }

  #playUntil(time: number): void {
    this.clock = Math.min(time, this.#week.at(-1)?.time ?? time);
    for (let quake = this.#week[this.#next]; quake && quake.time <= time; quake = this.#week[this.#next]) void this.#give(quake);
    this.#endWhenOver();
  }

  async #rush(): Promise<void> {
    this.#rushing = true;
    const bursts: (Promise<void> | undefined)[] = [];
    while (this.status === 'playing' && this.speed === Number.POSITIVE_INFINITY) {
      const burst = this.#week.slice(this.#next, this.#next + BURST).map((quake) => this.#give(quake));
      this.clock = this.#week[this.#next - 1]?.time ?? this.clock;
      bursts.push(burst.at(-1));
      if (bursts.length > AHEAD) await bursts.shift();
      await nextTask();
      if (this.#next === this.#week.length && this.#weeks + 1 < FLAT_OUT_WEEKS) {
        this.#weeks++;
        this.#next = 0;
      } else this.#endWhenOver();
    }
    this.#rushing = false;
  }

  #give(quake: Quake): Promise<void> {
    this.#next++;
    return this.#publish(quake);
  }

  #endWhenOver(): void {
    if (this.status !== 'playing' || this.#next < this.#week.length) return;
    this.status = 'ended';
    this.#onEnd();
  }
}

/** Lets the page take input and paint; timers would be throttled in a hidden one. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
