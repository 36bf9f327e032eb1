/** How long events took, from `send` to being drawn: percentiles over time, in milliseconds. */
import { wallClock } from './quake.js';

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** One point of the plot. */
export const STEP_MS = 250;
export const STEPS = 240;
/** The number shown beside the plot covers so many steps. */
const RECENT = 20;
/** Sampled beyond that many in a step. */
const SAMPLES = 2000;

export class LatencyHistory {
  /** Oldest first; a step in which nothing came is empty. */
  readonly steps: (Percentiles | undefined)[] = [];
  #recent: number[][] = [];
  #current: number[] = [];
  #seen = 0;

  add(sent: number): void {
    // Clocks of different machines differ.
    const latency = Math.max(0, wallClock() - sent);
    this.#seen++;
    if (this.#current.length < SAMPLES) this.#current.push(latency);
    else if (Math.random() < SAMPLES / this.#seen) this.#current[Math.floor(Math.random() * SAMPLES)] = latency;
  }

  /** Ends a step. */
  turn(): void {
    this.steps.push(percentiles(this.#current));
    if (this.steps.length > STEPS) this.steps.shift();
    this.#recent = [...this.#recent.slice(1 - RECENT), this.#current];
    this.#current = [];
    this.#seen = 0;
  }

  /** Of the last few seconds, if anything came. */
  recent(): Percentiles | undefined {
    return percentiles(this.#recent.flat());
  }
}

function percentiles(samples: readonly number[]): Percentiles | undefined {
  if (samples.length === 0) return undefined;
  const sorted = Float64Array.from(samples).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
  return { p50: at(0.5), p99: at(0.99) };
}

export function milliseconds(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toFixed(0)} s`;
  return `${value >= 10 ? value.toFixed(0) : value.toFixed(1)} ms`;
}
