/** Where a reader begins, and what it reads from the database. */
import { check } from '../check.js';
import { readLog } from './commit.js';
import type { Database, Tx } from './database.js';
import { type Lane, type LogRecord, laneOf, type Offset, type SegmentKey, type SegmentRecord } from './records.js';

/** `'start'`: the oldest message there is; `'now'`: what comes next; an offset, that message itself included; a time, what was stored since. */
export type From = 'start' | 'now' | Offset | { readonly time: number | Date };

/** Segments read at once: so many, and so many bytes, but one at least. */
const PAGE = 64;
const PAGE_BYTES = 2 ** 21;

export interface Page {
  readonly log: LogRecord;
  readonly segments: readonly { readonly first: number; readonly end: number; readonly record: SegmentRecord | undefined }[];
}

/** What the lane holds from this offset on; no segments when it has nothing more. */
export function readPage(database: Database, lane: Lane, at: number): Promise<Page> {
  return database.run({ stores: ['meta', 'segments'], mode: 'readonly' }, async (tx) => {
    const [log, keys] = await Promise.all([readLog(tx), segmentsFrom(tx, lane, at, PAGE)]);
    let room = PAGE_BYTES;
    const page = keys.filter(([, , , bytes], i) => {
      room -= bytes;
      return i === 0 || room >= 0;
    });
    const read = async (key: SegmentKey) => ({ first: key[2], end: key[1], record: await tx.get<SegmentRecord>('segments', key) });
    return { log, segments: await Promise.all(page.map(read)) };
  });
}

/** Checks what a caller gave. Throws `TypeError`. */
export function checkFrom(from: From): void {
  const { time, epoch, seq } = from as { time?: unknown; epoch?: unknown; seq?: unknown };
  const sound =
    from === 'start' ||
    from === 'now' ||
    Number.isFinite(Number(time)) ||
    (typeof epoch === 'string' && Number.isSafeInteger(seq) && (seq as number) >= 0);
  check(sound, 'from', JSON.stringify(from), "'start', 'now', an offset, or { time } in milliseconds");
}

/** The offset meant; undefined when the log that it belonged to is gone. */
export async function resolve(tx: Tx, log: LogRecord, lane: Lane, from: From): Promise<number | undefined> {
  const { start, next } = laneOf(log, lane);
  if (from === 'start') return start;
  if (from === 'now') return next;
  if ('epoch' in from) return from.epoch === log.epoch ? Math.min(from.seq, next) : undefined;
  return atTime(tx, lane, Number(from.time), start, next);
}

/** Times in a lane never run backwards. */
async function atTime(tx: Tx, lane: Lane, time: number, start: number, next: number): Promise<number> {
  let [low, high] = [start, next];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [segment] = await segmentsFrom(tx, lane, middle, 1);
    const [, end, first, , written] = segment ?? [];
    if (first === undefined || (written as number) >= time) high = Math.min(middle, first ?? middle);
    else low = end as number;
  }
  return Math.max(low, start);
}

function segmentsFrom(tx: Tx, lane: Lane, at: number, limit: number): Promise<SegmentKey[]> {
  return tx.keys<SegmentKey>('segments', [lane, at], [lane, Number.POSITIVE_INFINITY], limit);
}
