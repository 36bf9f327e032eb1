/** Reads a lane from an offset on, and what comes after it, by the database and the doorbell. */
import { Bell } from '../bell.js';
import type { StreamError } from '../errors.js';
import { gap } from '../mailbox.js';
import type { Parts } from './parts.js';
import { patiently } from './patience.js';
import { type Page, readPage } from './reading.js';
import { type Lane, type LogRecord, laneOf, type SegmentRecord } from './records.js';
import { isSound } from './segment.js';

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
  let looked = false;
  const rung = new Bell();
  const stop = parts.bell.onRing(lane, () => rung.ring());
  const pageAt = (from: number) => patiently(() => readPage(parts.database, lane, from), signal);
  let ahead: { readonly from: number; readonly page: Promise<Page> } | undefined;
  try {
    while (!signal.aborted) {
      // What had been removed when it began is gone, though this tab may still have it.
      const kept = looked && !ahead && parts.recent.find(epoch, lane, at);
      if (kept) {
        yield { record: kept, from: at };
        at = kept.first + kept.index.length / 2;
        continue;
      }
      const ring = rung.next(signal);
      const page = ahead?.from === at ? ahead.page : pageAt(at);
      ahead = undefined;
      const { log, segments } = await page;
      parts.board.see(log);
      looked = true;
      if (log.epoch !== epoch) {
        epoch = log.epoch;
        at = 0;
        yield { log, lost: true };
        continue;
      }
      const { start, next } = laneOf(log, lane);
      const from = at;
      if (at < start) {
        yield { news: gap('retention', start - at), to: start };
        at = start;
      }
      const following = segments.at(-1)?.end ?? next;
      if (following < next) {
        // The database works on the next page while this one is read. It is known to hold something.
        ahead = { from: following, page: pageAt(following) };
        ahead.page.catch(() => {});
      }
      for (const { first, end, record } of segments) {
        // What should be there and is not is as damaged as what is there.
        if (first > at) yield skipped(first);
        if (isSound(record, first, end)) {
          yield { record, from: at };
          at = end;
        } else yield skipped(end > at ? end : next);
      }
      if (segments.length === 0 && at < next) yield skipped(next);
      if (at > from) continue;
      yield { log, lost: false };
      await ring;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    rung.ring();
    stop();
  }

  function skipped(to: number): Arrival {
    const news = gap('corrupt', to - at);
    at = to;
    return { news, to };
  }
}
