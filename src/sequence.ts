/**
 * Which batches of each producer have been seen, by `(producer, topic, seq)`: finds duplicates and gaps.
 * Exact for the newest 1,024 batches missing in each of the 4,096 most recent streams; beyond that a duplicate may pass, but nothing new is ever
 * taken for one.
 */
const MAX_STREAMS = 2 ** 12;
const MAX_MISSING = 2 ** 10;

interface Stream {
  /** Below it nothing is known. */
  floor: number;
  /** One after the highest seen. */
  next: number;
  /** What is not there of those between, oldest first: -1 when it was counted as missing, 0 when it was seen and handed back. */
  readonly missing: Map<number, 0 | -1>;
}

export class SequenceTracker {
  readonly #streams = new Map<string, Stream>();

  /**
   * The batch is in somebody's hands now. How many before it were found to be missing just now; -1 when it had been counted as missing itself;
   * nothing when it is a duplicate. What comes before the first one of its stream is not missing.
   */
  see(producer: string, topic: string, seq: number): number | undefined {
    const name = key(producer, topic);
    const stream = this.#streams.get(name) ?? { floor: seq, next: seq, missing: new Map() };
    this.#streams.delete(name);
    this.#streams.set(name, stream);
    dropOldest(this.#streams, MAX_STREAMS);
    const missed = seq - stream.next;
    if (missed >= 0) {
      if (missed > MAX_MISSING) stream.floor = seq - MAX_MISSING;
      for (let gone = Math.max(stream.next, stream.floor); gone < seq; gone++) expect(stream, gone, -1);
      stream.next = seq + 1;
      return missed;
    }
    if (seq < stream.floor) return 0;
    const counted = stream.missing.get(seq);
    stream.missing.delete(seq);
    return counted;
  }

  /** It was handed back undone: when it comes again it is no duplicate. */
  forget(producer: string, topic: string, seq: number): void {
    const stream = this.#streams.get(key(producer, topic));
    if (stream && !stream.missing.has(seq)) expect(stream, seq, 0);
  }
}

function expect(stream: Stream, seq: number, counted: 0 | -1): void {
  stream.missing.set(seq, counted);
  stream.floor = Math.max(stream.floor, (dropOldest(stream.missing, MAX_MISSING) ?? -1) + 1);
}

/** What it was, if there was one too many. */
function dropOldest<K>(map: Map<K, unknown>, max: number): K | undefined {
  if (map.size <= max) return undefined;
  const [oldest] = map.keys();
  map.delete(oldest as K);
  return oldest;
}

/** No topic contains NUL. */
function key(producer: string, topic: string): string {
  return `${topic}\0${producer}`;
}
