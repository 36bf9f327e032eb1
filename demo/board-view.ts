/** What a board does with a stream: draws it, and counts. */
import type { ConsumerStats } from 'proxystream';
import { LatencyHistory } from './latency.js';
import type { Quake } from './quake.js';
import { Strongest } from './strongest.js';
import type { WorldMap } from './world-map.js';

export type BoardPhase = 'listening' | 'streaming' | 'ended';

export class View {
  /** Until the visitor chooses another wire. */
  open = true;
  minimum: number;
  phase: BoardPhase = 'listening';
  readonly latency = new LatencyHistory();
  readonly strongest = new Strongest();
  readonly #map: WorldMap;
  readonly #onPhase: (phase: BoardPhase) => void;
  #stats: Readonly<ConsumerStats> | undefined;
  /** Of the stream that is shown: the last one stays until the next brings something. */
  #shown: Readonly<ConsumerStats> | undefined;

  constructor(map: WorldMap, minimum: number, onPhase: (phase: BoardPhase) => void) {
    this.#map = map;
    this.minimum = minimum;
    this.#onPhase = onPhase;
  }

  get stats(): Readonly<ConsumerStats> | undefined {
    return this.#shown;
  }

  begin(stats: Readonly<ConsumerStats>): void {
    this.#stats = stats;
  }

  /** `sent` is when it was published, on the wall clock. */
  draw(quake: Quake, sent: number): void {
    if (this.#shown !== this.#stats) this.clear();
    this.#map.add(quake);
    this.latency.add(sent);
    this.strongest.add(quake);
  }

  /** Everything so far is forgotten; called between streams, and when the visitor wants a clean map. */
  clear(): void {
    this.#shown = this.#stats;
    this.#map.clear();
    this.strongest.clear();
    this.#enter('streaming');
  }

  end(): void {
    // A board that came late may find nothing but the end.
    if (this.open && this.#shown === this.#stats) this.#enter('ended');
  }

  #enter(phase: BoardPhase): void {
    this.phase = phase;
    this.#onPhase(phase);
  }
}
