/** The events that every contender sends, and the check that every one has arrived. */

/** As a board of earthquakes gets them: some 100 bytes as JSON. */
export interface SmallEvent {
  readonly n: number;
  readonly id: string;
  readonly time: number;
  readonly mag: number;
  readonly place: string;
}

export function smallEvents(count: number): SmallEvent[] {
  return Array.from({ length: count }, (_, n) => ({
    n,
    id: `us7000${(n + 0x10000).toString(36)}`,
    time: 1_760_000_000_000 + n * 1000,
    mag: (n % 70) / 10,
    place: `${n % 300} km SSW of Pangai, Tonga`,
  }));
}

/** Slices of so many. */
export function bursts<T>(list: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / length) }, (_, i) => list.slice(i * length, (i + 1) * length));
}

/** Looks at all that arrives: it must be whole and in order. `take` returns true at the last event. */
export class Tally {
  #next = 0;
  constructor(readonly count: number) {}

  take({ n, place }: SmallEvent): boolean {
    if (!place) throw new Error(`Event ${n} is not whole`);
    return this.takeNumber(n);
  }

  takeNumber(n: number): boolean {
    if (n !== this.#next) throw new Error(`Event ${n} came where ${this.#next} was due`);
    this.#next++;
    return this.done;
  }

  get done(): boolean {
    return this.#next === this.count;
  }

  takeAll(events: readonly SmallEvent[]): boolean {
    let last = false;
    for (const event of events) last = this.take(event);
    return last;
  }
}
