/** Reads a lane from an offset on, and what comes after it, by the database and the doorbell. */
import { Bell } from '../bell.js';
import { StreamError } from '../errors.js';
import { gap } from '../mailbox.js';
import type { Parts } from './parts.js';
import { patiently } from './patience.js';
import { readPage } from './reading.js';
import { type Lane, type LogRecord, laneOf, type SegmentRecord } from './records.js';
import { isSound, type LogMessage, messagesOf } from './segment.js';

export interface Position {
  readonly epoch: string;
  readonly at: number;
}

export type Arrival =
  | { readonly record: SegmentRecord; readonly from: number }
  /** What is missing, up to `to`. */
  | { readonly news: StreamError; readonly to: number }
  /** There is nothing more for now; or the database was lost, and this is the new one. */
  | { readonly log: LogRecord; readonly lost: boolean };

/** Never ends but by being left or aborted. */
export async function* follow(parts: Parts, lane: Lane, position: Position, signal: AbortSignal): AsyncGenerator<Arrival, void> {
  let { epoch, at } = position;
  const rung = new Bell();
  const stop = parts.bell.onRing(lane, () => rung.ring());
  try {
    while (!signal.aborted) {
      const kept = parts.recent.find(epoch, lane, at);
      if (kept) {
        yield { record: kept, from: at };
        at = kept.first + kept.index.length / 2;
        continue;
      }
      const ring = rung.next(signal);
      const { log, segments } = await patiently(() => readPage(parts.database, lane, at), signal);
      parts.see(log);
      if (log.epoch !== epoch) {
        epoch = log.epoch;
        at = 0;
        yield { log, lost: true };
        continue;
      }
      const { start } = laneOf(log, lane);
      if (at < start) {
        yield { news: gap('retention', start - at), to: start };
        at = start;
      }
      for (const { first, count, record } of segments) {
        const end = first + count;
        yield isSound(record, first, count) ? { record, from: at } : { news: gap('corrupt', end - Math.max(first, at)), to: end };
        at = end;
      }
      if (segments.length > 0) continue;
      yield { log, lost: false };
      await ring;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    rung.ring();
    stop();
  }
}

/** The messages alone; ends with the epoch. What is missing is counted. */
export async function* tail(
  parts: Parts,
  lane: Lane,
  position: Position,
  signal: AbortSignal,
): AsyncGenerator<{ seq: number; message: LogMessage }, void> {
  for await (const arrival of follow(parts, lane, position, signal)) {
    if ('news' in arrival) parts.count(arrival.news);
    else if ('record' in arrival) {
      for (const { seq, message } of messagesOf(arrival.record, position.epoch, arrival.from, () => true)) {
        if (!(message instanceof StreamError)) yield { seq, message };
      }
    } else if (arrival.lost) return;
  }
}
