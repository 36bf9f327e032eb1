import type { Tx } from './database.js';
import type { Lane, LaneRecord, LogRecord, SegmentKey } from './records.js';

export interface RetentionLimits {
  /** Of all segments and dead letters. The oldest go, read or not; only what an outbox has still to send stays. */
  readonly maxBytes: number;
  /** Segments this old go once every cursor with a lease has passed them. */
  readonly maxAgeMs: number;
}

const PAGE = 32;

/** An outbox's lane holds nothing but what is still to be sent: it is nobody's to remove. */
export const isOutbox = (lane: Lane) => lane.startsWith('out/');

/** Makes room for so many bytes more; false when there is none to be made, and then nothing was removed. */
export async function trim(
  tx: Tx,
  log: LogRecord,
  { maxBytes, maxAgeMs }: RetentionLimits,
  now: number,
  incoming: number,
): Promise<boolean> {
  const lanes = Object.entries(log.lanes).filter(([lane, { bytes }]) => !isOutbox(lane) && bytes > 0);
  const removable = lanes.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  if (log.bytes - removable + incoming > maxBytes) return false;
  const over = () => log.bytes + incoming > maxBytes;
  lanes.sort(([, a], [, b]) => a.oldest - b.oldest);
  for (const [lane, counted] of lanes) {
    const pinned = firstUnread(log, lane, now);
    const aged = (time: number) => time < now - maxAgeMs;
    if (over() || aged(counted.oldest))
      await removeHead(tx, log, lane, counted, ([, end, , , time]) => end <= pinned && (over() || aged(time)));
  }
  for (const [lane, counted] of lanes) if (over()) await removeHead(tx, log, lane, counted, over);
  return true;
}

/** Removes segments from the oldest on as long as `goes` says so. */
export async function removeHead(
  tx: Tx,
  log: LogRecord,
  lane: Lane,
  counted: LaneRecord,
  goes: (segment: SegmentKey) => boolean,
): Promise<void> {
  for (let more = true; more && counted.bytes > 0; ) {
    const heads = await tx.keys<SegmentKey>('segments', [lane, counted.start], [lane, counted.next], PAGE);
    const from = counted.start;
    more = heads.length === PAGE;
    for (const head of heads) {
      const [, end, , bytes, time] = head;
      counted.oldest = time;
      if (!goes(head)) {
        more = false;
        break;
      }
      counted.start = end;
      counted.bytes -= bytes;
      log.bytes -= bytes;
    }
    if (counted.start === counted.next) counted.bytes = 0;
    if (counted.start > from) tx.deleteRange('segments', [lane, from], [lane, counted.start]);
  }
}

/** What every cursor with a lease has passed. */
function firstUnread(log: LogRecord, lane: Lane, now: number): number {
  const waiting = Object.values(log.cursors).filter((cursor) => cursor.lane === lane && cursor.until > now);
  return Math.min(log.lanes[lane]?.next ?? 0, ...waiting.map(({ at }) => at));
}
