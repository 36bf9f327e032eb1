/**
 * Which batches of each producer have been seen, by `(producer, topic, seq)`: finds duplicates and gaps.
 * Exact for the newest 1,024 holes of each of the 4,096 most recent streams; beyond that a duplicate may pass, but nothing new is ever taken for one.
 */
const MAX_STREAMS = 4096;
const MAX_HOLES = 1024;

/** Batches that were not seen, up to before `to`. */
interface Hole {
  readonly from: number;
  readonly to: number;
  /** They were reported as missing; the others were seen and handed back. */
  readonly reported: boolean;
}

interface Stream {
  /** Below it nothing is known. */
  floor: number;
  /** One after the highest seen. */
  next: number;
  holes: Hole[];
}

export interface Sighting {
  readonly duplicate: boolean;
  /** How many batches before this one were found to be missing just now; -1 when this one had been counted as missing. */
  readonly missed: number;
}

export class SequenceTracker {
  readonly #streams = new Map<string, Stream>();

  /** The batch is in somebody's hands now. What comes before the first one of its stream is not missing. */
  see(producer: string, topic: string, seq: number): Sighting {
    const stream = this.#stream(producer, topic, seq);
    const missed = seq - stream.next;
    if (missed >= 0) {
      if (missed > 0) this.#open(stream, { from: stream.next, to: seq, reported: true });
      stream.next = seq + 1;
      return { duplicate: false, missed };
    }
    const hole = holeAt(stream, seq);
    if (!hole) return { duplicate: seq >= stream.floor, missed: 0 };
    const around = [
      { ...hole, to: seq },
      { ...hole, from: seq + 1 },
    ];
    stream.holes.splice(stream.holes.indexOf(hole), 1, ...around.filter(({ from, to }) => from < to));
    return { duplicate: false, missed: hole.reported ? -1 : 0 };
  }

  /** It was handed back undone: when it comes again it is no duplicate. */
  forget(producer: string, topic: string, seq: number): void {
    const stream = this.#streams.get(key(producer, topic));
    if (stream && !holeAt(stream, seq)) this.#open(stream, { from: seq, to: seq + 1, reported: false });
  }

  #stream(producer: string, topic: string, seq: number): Stream {
    const name = key(producer, topic);
    const stream = this.#streams.get(name) ?? { floor: seq, next: seq, holes: [] };
    this.#streams.delete(name);
    this.#streams.set(name, stream);
    if (this.#streams.size > MAX_STREAMS) this.#streams.delete(this.#streams.keys().next().value as string);
    return stream;
  }

  #open(stream: Stream, hole: Hole): void {
    stream.holes.push(hole);
    if (stream.holes.length > MAX_HOLES) stream.floor = Math.max(stream.floor, stream.holes.shift()?.to ?? 0);
  }
}

function holeAt({ holes }: Stream, seq: number): Hole | undefined {
  return holes.find(({ from, to }) => from <= seq && seq < to);
}

/** No topic contains NUL. */
function key(producer: string, topic: string): string {
  return `${topic}\0${producer}`;
}
