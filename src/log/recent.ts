import type { Lane, SegmentRecord } from './records.js';

const MAX_BYTES = 4 * 2 ** 20;

interface Entry {
  readonly epoch: string;
  readonly lane: Lane;
  readonly record: SegmentRecord;
}

/** The newest segments that this tab has stored: whoever keeps up need not read them from the disk. */
export class Recent {
  #entries: Entry[] = [];
  #bytes = 0;

  add(entry: Entry): void {
    this.#entries.push(entry);
    this.#bytes += entry.record.data.byteLength;
    while (this.#bytes > MAX_BYTES) this.#bytes -= this.#entries.shift()?.record.data.byteLength ?? this.#bytes;
  }

  /** The segment that this offset is in. A copy: readers are given views of it. */
  find(epoch: string, lane: Lane, at: number): SegmentRecord | undefined {
    const found = this.#entries.findLast(
      ({ record: { first, index }, ...entry }) =>
        entry.lane === lane && entry.epoch === epoch && first <= at && at < first + index.length / 2,
    );
    return found && { ...found.record, data: found.record.data.slice(0) };
  }
}
