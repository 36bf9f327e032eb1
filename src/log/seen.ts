import type { StreamRecord } from './records.js';

/** Beyond so many holes in one stream the oldest are forgotten: what would fill them counts as new. */
const MAX_HOLES = 256;

export interface Sighting {
  readonly duplicate: boolean;
  /** How many before this one were found missing just now; -1 when this one had been. */
  readonly missed: number;
  readonly after: StreamRecord;
}

/** Whether a producer's batch has been seen before, and what is known afterwards. What comes before the first one of its stream is not missing. */
export function see(stream: StreamRecord | undefined, seq: number, at: number): Sighting {
  const { floor, next, holes } = stream ?? { floor: seq, next: seq, holes: [] };
  const unseen: StreamRecord['holes'] = [...holes, [next, Number.POSITIVE_INFINITY]];
  const hole = unseen.find(([from, to]) => from <= seq && seq < to);
  if (!hole) return { duplicate: seq >= floor, missed: 0, after: { floor, next, holes, at } };
  const rest: StreamRecord['holes'] = [
    [hole[0], seq],
    [seq + 1, hole[1]],
  ];
  const left = unseen.flatMap((other) => (other === hole ? rest.filter(([from, to]) => from < to) : [other]));
  const [end] = left.pop() as (typeof left)[0];
  const forgotten = left[left.length - MAX_HOLES - 1];
  return {
    duplicate: false,
    missed: seq < next ? -1 : seq - next,
    after: { floor: forgotten?.[1] ?? floor, next: end, holes: left.slice(-MAX_HOLES), at },
  };
}
