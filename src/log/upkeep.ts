import { StreamError } from '../errors.js';
import { moveCursor, readLog } from './commit.js';
import type { Database } from './database.js';
import { checkFrom, type From, resolve } from './reading.js';
import { type DeadLetterRecord, type Lane, LOG_LANE, type LogRecord, laneOf, type Offset } from './records.js';
import { isOutbox, removeHead } from './retention.js';

/** A message that an outbox could not send, and why. */
export interface DeadLetter {
  readonly outbox: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly error: StreamError;
  readonly offset: Offset;
  /** When it was given up, in milliseconds since 1970. */
  readonly time: number;
}

export interface PurgeOptions {
  /** Removes what was stored before, in whole segments, read or not. A time or `'now'` means inboxes too, an offset only what `publisher()` stored. */
  readonly before?: From;
  /** Forgets these named cursors. Who reads under one begins anew. */
  readonly cursors?: readonly string[];
  /** Removes all dead letters. */
  readonly deadLetters?: boolean;
  /** Gives up what this outbox has still to send. */
  readonly outbox?: string;
}

/** Of all outboxes. */
const ALL_DEAD = [
  ['out/', -1],
  ['out0', -1],
] as const;

export function listDeadLetters(database: Database): Promise<DeadLetter[]> {
  return database.run({ stores: ['meta', 'dead'], mode: 'readonly' }, async (tx) => {
    const log = await readLog(tx);
    const dead = await tx.list<DeadLetterRecord>('dead', ...ALL_DEAD);
    return dead.map(({ lane, seq, topic, payload, error, time }) => ({
      outbox: lane.slice('out/'.length),
      topic,
      payload: new Uint8Array(payload),
      error: StreamError.from(error),
      offset: { epoch: log.epoch, seq },
      time,
    }));
  });
}

export function purge(database: Database, options: PurgeOptions): Promise<LogRecord> {
  const { before, cursors = [], deadLetters = false, outbox } = options;
  if (before !== undefined) checkFrom(before);
  return database.run({}, async (tx) => {
    const log = await readLog(tx);
    for (const [key, { name, lane }] of Object.entries(log.cursors)) {
      if (!cursors.includes(name) || isOutbox(lane)) continue;
      log.pastTerm = Math.max(log.pastTerm ?? 0, log.terms[key] ?? 0);
      delete log.cursors[key];
      delete log.terms[key];
    }
    const lanes: Lane[] = before === undefined ? [] : typeof before === 'object' && 'epoch' in before ? [LOG_LANE] : Object.keys(log.lanes);
    for (const lane of lanes) {
      if (isOutbox(lane)) continue;
      const at = (await resolve(tx, log, lane, before as From)) ?? 0;
      await removeHead(tx, log, lane, laneOf(log, lane), ([, end]) => end <= at);
    }
    if (outbox !== undefined) {
      const lane = `out/${outbox}`;
      await moveCursor(tx, log, `pump ${lane}`, { lane, name: '', at: laneOf(log, lane).next }, 0);
    }
    if (deadLetters) {
      for (const { payload } of await tx.list<DeadLetterRecord>('dead', ...ALL_DEAD)) log.bytes -= payload.byteLength;
      tx.deleteRange('dead', ...ALL_DEAD);
      for (const counted of Object.values(log.lanes)) counted.deadLetters = 0;
    }
    tx.put('meta', 'log', log);
    return log;
  });
}
