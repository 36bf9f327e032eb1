/** How fast counts grow: per second, about once a second. */
const SPAN_MS = 950;

export class Pace<Name extends string> {
  #since = performance.now();
  #then: Readonly<Record<Name, number>> | undefined;

  /** The counts begin anew. */
  restart(): void {
    this.#since = performance.now();
    this.#then = undefined;
  }

  /** Nothing while it is too early to say. */
  of(counts: Readonly<Record<Name, number>>): Record<Name, number> | undefined {
    const now = performance.now();
    const ms = now - this.#since;
    if (ms < SPAN_MS) return undefined;
    const rates = Object.entries<number>(counts).map(([name, value]) => [name, ((value - (this.#then?.[name as Name] ?? 0)) * 1000) / ms]);
    this.#since = now;
    this.#then = { ...counts };
    return Object.fromEntries(rates) as Record<Name, number>;
  }
}
