/** What happens inside the transaction that appends: fences, duplicates, offsets, segments, cursors, retention. All of it, or nothing. */
import { StreamError } from '../errors.js';
import { quotaExceeded, type Tx } from './database.js';
import type { Header } from './header.js';
import { type CursorRecord, FORMAT, type Lane, type LogRecord, laneOf, type SegmentKey, type SegmentRecord, tick } from './records.js';
import { isOutbox, type RetentionLimits, removeHead, trim } from './retention.js';
import { type Content, type Packed, packSegment, segmentBytes } from './segment.js';
import { forgetStreams, isNew, MAX_STREAMS, readStreams, streamOf } from './streams.js';

/** Who holds the newest term of a key may write; whoever was taken for dead and comes back may not. */
export interface Fence {
  readonly key: string;
  readonly term: number;
  /** Terms are counted anew in each database. */
  readonly epoch: string;
}

export interface Entry extends Content {
  readonly lane: Lane;
  /** Without one it is never taken for a duplicate. */
  readonly header: Header | undefined;
  readonly fence?: Fence | undefined;
}

/** A cursor that moves on with the next transaction. */
export interface Move {
  readonly fence: Fence;
  readonly cursor: Pick<CursorRecord, 'lane' | 'name' | 'at'>;
}

export interface Draft<E extends Entry = Entry> {
  readonly entries: readonly E[];
  readonly moves: readonly Move[];
  /** Recognises this draft when it turns out to be stored already. */
  readonly token: number;
  /** Where its lanes ended at the first attempt. */
  readonly ends: Map<Lane, number>;
}

export interface Committed<E extends Entry = Entry> {
  readonly log: LogRecord;
  /** With what is in them, in order. */
  readonly segments: readonly { readonly lane: Lane; readonly record: SegmentRecord; readonly entries: readonly E[] }[];
  /** Lanes that have grown, or of which an outbox has sent something. */
  readonly changed: readonly Lane[];
  /** They write for a term that is over. */
  readonly fenced: ReadonlySet<E>;
}

export interface CommitLimits extends RetentionLimits {
  readonly leaseMs: number;
}

export async function readLog(tx: Tx): Promise<LogRecord> {
  const log = await tx.get<LogRecord>('meta', 'log');
  if (!log) throw new DOMException('No record', 'NotFoundError'); // another kind of database, or one half made
  if (log.format > FORMAT)
    throw new StreamError('unsupported_version', `The log is of format ${log.format}, newer than ${FORMAT}: update proxystream`);
  return log;
}

export function holds(log: LogRecord, { key, term, epoch }: Fence): boolean {
  return log.epoch === epoch && log.terms[key] === term;
}

/** Throws `quota_exceeded` when there is no room within `maxBytes`. */
export async function commit<E extends Entry>(tx: Tx, attempt: number, draft: Draft<E>, limits: CommitLimits): Promise<Committed<E>> {
  const reading = Promise.all([readLog(tx), readStreams(tx, draft.entries)]);
  // In the time that this takes; hardly ever does any of it turn out not to be stored.
  const packed = pack(draft.entries);
  const [log, streams] = await reading;
  const now = tick(log);
  const fenced = new Set(draft.entries.filter(({ fence }) => fence && !holds(log, fence)));
  for (const { fence, cursor } of draft.moves) if (holds(log, fence)) await moveCursor(tx, log, fence.key, cursor, now + limits.leaseMs);

  const sent = draft.moves.map(({ cursor: { lane } }) => lane).filter(isOutbox);
  const entries = draft.entries.filter((entry) => !fenced.has(entry));
  let segments: Committed<E>['segments'] = [];
  if (entries.length > 0 && !(attempt > 1 && (await isStored(tx, draft)))) {
    log.serial++;
    const fresh = entries.filter((entry) => isNew(log, streams, entry));
    segments = await append(tx, log, fresh.length < draft.entries.length ? pack(fresh) : packed, draft, limits, now);
    for (const key of new Set(fresh.map(streamOf))) if (key) tx.put('streams', key, streams.get(key));
    if (log.streams > MAX_STREAMS) await forgetStreams(tx, log);
  }
  tx.put('meta', 'log', log);
  return { log, segments, changed: [...sent, ...segments.map(({ lane }) => lane)], fenced };
}

/** What an outbox has sent is nobody's any more. */
export async function moveCursor(tx: Tx, log: LogRecord, key: string, cursor: Move['cursor'], until: number): Promise<void> {
  const { lane } = cursor;
  const at = Math.max(cursor.at, log.cursors[key]?.at ?? 0);
  log.cursors[key] = { ...cursor, at, until };
  if (isOutbox(lane)) await removeHead(tx, log, lane, laneOf(log, lane), ([, end]) => end <= at);
}

/** One segment per lane, nearly always one. */
function pack<E extends Entry>(entries: readonly E[]) {
  const lanes = new Set(entries.map(({ lane }) => lane));
  return [...lanes].map((lane) => {
    const own = entries.filter((entry) => entry.lane === lane);
    return { lane, entries: own, packed: packSegment(own) };
  });
}

async function append<E extends Entry>(
  tx: Tx,
  log: LogRecord,
  lanes: readonly { readonly lane: Lane; readonly entries: readonly E[]; readonly packed: Packed }[],
  draft: Draft<E>,
  limits: CommitLimits,
  now: number,
) {
  const segments = lanes.map(({ lane, entries, packed }) => ({
    lane,
    entries,
    record: { first: laneOf(log, lane).next, time: now, ...packed },
  }));
  const incoming = segments.reduce((sum, { record }) => sum + segmentBytes(record), 0);
  if (!(await trim(tx, log, limits, now, incoming))) throw quotaExceeded(`The log is full (maxBytes ${limits.maxBytes})`);
  for (const { lane, record } of segments) {
    const counted = laneOf(log, lane);
    if (!draft.ends.has(lane)) draft.ends.set(lane, counted.next);
    const bytes = segmentBytes(record);
    if (counted.bytes === 0) counted.oldest = now;
    counted.next += record.index.length / 2;
    counted.bytes += bytes;
    log.bytes += bytes;
    tx.put('segments', [lane, counted.next, record.first, bytes, now, draft.token], record);
  }
  return segments;
}

/** The transaction before was taken for failed, and had completed. */
async function isStored(tx: Tx, { ends, token }: Draft): Promise<boolean> {
  for (const [lane, end] of ends) {
    const since = await tx.keys<SegmentKey>('segments', [lane, end], [lane, Number.POSITIVE_INFINITY]);
    if (since.some(([, , , , , own]) => own === token)) return true;
  }
  return false;
}

export function fencedError(): StreamError {
  return new StreamError('session_taken_over', 'Another tab has taken over: what was not stored comes again there', {
    reason: 'term_over',
  });
}

/** The term in whose name something was to be stored is over, or gone with its database. */
export function isFenced(error: unknown): boolean {
  return error instanceof StreamError && error.details.reason === 'term_over';
}
