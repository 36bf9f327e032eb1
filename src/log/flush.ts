/** Waits until what an outbox has stored is acknowledged, by whichever tab sends it. */
import { Bell } from '../bell.js';
import { StreamError } from '../errors.js';
import { readLog } from './commit.js';
import { lostError } from './database.js';
import type { Parts } from './parts.js';
import type { Job } from './pump.js';
import { type DeadLetterRecord, type Lane, type LaneKey, laneOf, type Offset } from './records.js';

/** What was sent since the last flush begins here. */
export interface Unflushed {
  since: Offset | undefined;
}

/** As the docs of `Outbox.flush` say. What it fails to flush, the next call does. */
export async function flush(job: Pick<Job<never>, 'parts' | 'lane' | 'signal'>, unflushed: Unflushed, given?: AbortSignal): Promise<void> {
  const { parts, lane } = job;
  const signal = given ? AbortSignal.any([given, job.signal]) : job.signal;
  signal.throwIfAborted();
  const { since } = unflushed;
  unflushed.since = undefined;
  await parts.appender.flush();
  const rung = new Bell();
  const stop = parts.bell.onRing(lane, () => rung.ring());
  try {
    let epoch = since?.epoch;
    for (let target: number | undefined; ; ) {
      const ring = rung.next(signal);
      const progress = await look(parts, lane);
      epoch ??= progress.epoch;
      if (progress.epoch !== epoch) {
        // Whatever is in this database was sent since.
        unflushed.since = { epoch: progress.epoch, seq: 0 };
        throw lostError();
      }
      target ??= progress.next;
      if (progress.at >= target) break;
      await ring;
      signal.throwIfAborted();
    }
  } catch (error) {
    if ((error as Partial<StreamError> | undefined)?.code !== 'data_lost') unflushed.since = since ?? unflushed.since;
    throw error;
  } finally {
    stop();
  }
  if (since) await checkRefused(parts, lane, since);
}

function look(parts: Parts, lane: Lane): Promise<{ readonly epoch: string; readonly next: number; readonly at: number }> {
  return parts.database.run({ stores: ['meta'], mode: 'readonly' }, async (tx) => {
    const log = await readLog(tx);
    parts.board.see(log);
    const { start, next } = laneOf(log, lane);
    return { epoch: log.epoch, next, at: log.cursors[`pump ${lane}`]?.at ?? start };
  });
}

async function checkRefused(parts: Parts, lane: Lane, since: Offset): Promise<void> {
  const refused = await parts.database.run({ stores: ['dead'], mode: 'readonly' }, async (tx) => {
    const [key] = await tx.keys<LaneKey>('dead', [lane, since.seq - 1], [lane, Number.POSITIVE_INFINITY], 1);
    return key && tx.get<DeadLetterRecord>('dead', key);
  });
  if (refused) throw StreamError.from(refused.error);
}
