/**
 * One tab at a time does the work of a key: whoever holds its Web Lock. The next in line follows at once when that one goes. A holder that answers
 * nobody is frozen, and after a bounded silence its lock is taken from it; should it wake, its term is over, and every transaction that it writes
 * checks that.
 */
import { Bell } from '../bell.js';
import { type Fence, isFenced, readLog } from './commit.js';
import type { Database } from './database.js';
import type { Doorbell } from './doorbell.js';
import { aborted, patiently, pause } from './patience.js';
import type { LogRecord } from './records.js';

export interface Term {
  readonly fence: Fence;
  /** The log when the term began. */
  readonly log: LogRecord;
  /** Aborted when the term is over: stop at once. */
  readonly signal: AbortSignal;
}

export interface TenureParts {
  readonly database: Database;
  readonly bell: Doorbell;
  readonly locks: LockManager;
  /** Of the locks. */
  readonly prefix: string;
  /** A holder that has not answered for so long is taken for dead. */
  readonly silenceMs: number;
}

/** Unanswered in a row before the lock is taken. */
const STRIKES = 3;
const HANDOVER_MS = 500;

/**
 * Calls `work` whenever this tab's turn has come, until the signal is aborted or `work` fails. It works as long as its term lasts; when it returns
 * sooner, it gets in line again.
 */
export async function serve(parts: TenureParts, key: string, signal: AbortSignal, work: (term: Term) => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    const over = new AbortController();
    const untilOver = { signal: over.signal };
    let back: Promise<void> | undefined;
    // From here on: the page may be back before the work of this term has ended.
    const hide = () => {
      back = shown(signal);
      over.abort();
    };
    signal.addEventListener('abort', () => over.abort(), untilOver);
    globalThis.addEventListener?.('pagehide', hide, untilOver);
    try {
      const hold = async () => {
        if (over.signal.aborted) return;
        const deaf = parts.bell.on('ping', key, () => parts.bell.post('pong', key));
        try {
          const begun = await patiently(() => begin(parts.database, key), over.signal);
          // What this one still has to put away is worth a moment, but not more.
          const late = aborted(over.signal).then(() => pause(HANDOVER_MS));
          await Promise.race([work({ ...begun, signal: over.signal }), late]);
        } finally {
          deaf();
        }
      };
      await acquire(parts, key, over.signal, hold);
    } catch (error) {
      // Taken away, given up, or gone with the database that it began in.
      if (!over.signal.aborted && (error as Error)?.name !== 'AbortError' && !isFenced(error)) throw error;
    } finally {
      over.abort();
    }
    await back;
  }
}

function begin(database: Database, key: string): Promise<Pick<Term, 'fence' | 'log'>> {
  return database.run({ stores: ['meta'] }, async (tx) => {
    const log = await readLog(tx);
    const term = (log.terms[key] ?? log.pastTerm ?? 0) + 1;
    const fence = { key, term, epoch: log.epoch };
    log.terms[key] = term;
    tx.put('meta', 'log', log);
    return { fence, log };
  });
}

/** Settles when `hold` is done, or the lock was taken away. */
async function acquire(
  { bell, locks, prefix, silenceMs }: TenureParts,
  key: string,
  signal: AbortSignal,
  hold: () => Promise<void>,
): Promise<void> {
  const name = prefix + key;
  const waiting = new AbortController();
  signal.addEventListener('abort', () => waiting.abort(), { signal: waiting.signal });
  let held = false;
  const granted = async () => {
    held = true;
    waiting.abort();
    await hold();
  };
  const request = locks.request(name, { signal: waiting.signal }, granted);
  const silent = silence(bell, key, silenceMs, waiting.signal);
  try {
    await Promise.race([request, silent]);
    if (!held && !signal.aborted) {
      waiting.abort();
      await locks.request(name, { steal: true }, granted);
    } else await request;
  } finally {
    waiting.abort();
    request.catch(() => {});
  }
}

/** Settles when the holder does not answer any more, or when aborted. */
async function silence(bell: Doorbell, key: string, silenceMs: number, signal: AbortSignal): Promise<void> {
  let unanswered = 0;
  const deaf = bell.on('pong', key, () => {
    unanswered = 0;
  });
  try {
    // All who wait must not take it from each other.
    await pause(Math.random() * (silenceMs / STRIKES), signal);
    while (!signal.aborted && unanswered < STRIKES) {
      unanswered++;
      bell.post('ping', key);
      await pause(silenceMs / STRIKES, signal);
    }
  } finally {
    deaf();
  }
}

/** The page is back. */
function shown(signal: AbortSignal): Promise<void> {
  const back = new Bell();
  addEventListener('pageshow', () => back.ring(), { once: true, signal });
  return back.next(signal);
}
