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
  if (seq >= next) {
    const missed = seq - next;
    const after = missed > 0 ? bounded(floor, [...holes, [next, seq]]) : { floor, holes };
    return { duplicate: false, missed, after: { ...after, next: seq + 1, at } };
  }
  const hole = holes.find(([from, to]) => from <= seq && seq < to);
  if (!hole) return { duplicate: seq >= floor, missed: 0, after: { floor, next, holes, at } };
  const rest = (
    [
      [hole[0], seq],
      [seq + 1, hole[1]],
    ] as const
  ).filter(([from, to]) => from < to);
  return { duplicate: false, missed: -1, after: { floor, next, holes: holes.flatMap((other) => (other === hole ? rest : [other])), at } };
}

function bounded(floor: number, holes: StreamRecord['holes']): Pick<StreamRecord, 'floor' | 'holes'> {
  const forgotten = holes[holes.length - MAX_HOLES - 1];
  return forgotten ? { floor: forgotten[1], holes: holes.slice(-MAX_HOLES) } : { floor, holes };
}
