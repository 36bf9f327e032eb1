/** The batches of one topic in order: the last may still grow, the first are on the wire. A failure keeps them all for the next attempt. */
import { StreamError, type StreamErrorCode } from './errors.js';
import { END_OF_STREAM } from './events.js';
import {
  aggregate,
  type BatchSettings,
  newBatch,
  type Outgoing,
  type OutgoingBatch,
  settle,
  split,
  storeAll,
  toEvent,
  watch,
} from './outgoing-batch.js';
import type { Sealed } from './outlet.js';
import type { Room } from './room.js';
import { failuresOf } from './settle.js';

/** Counts since the producer was made. */
export interface ProducerStats {
  /** Published, with or without others in one message. */
  events: number;
  batches: number;
  /** Dropped by the filter. */
  dropped: number;
  /** Attempts to publish that failed. */
  failures: number;
}

export interface LineSettings<T> extends BatchSettings<T> {
  readonly room: Room;
  readonly batchSize: number;
  readonly batchBytes?: number | undefined;
  readonly lingerMs?: number | undefined;
  readonly stats: ProducerStats;
  /** Hears of failures that nobody waits for. */
  readonly onError: (error: unknown) => void;
}

/** Keeps one message from becoming one long task for its readers. */
const MAX_EVENTS = 2 ** 10;
const MAX_BYTES = 2 ** 20;

/** Refusals that may be meant for one event of a batch. */
const DIVISIBLE: readonly StreamErrorCode[] = ['too_large', 'not_encodable', 'unsupported'];

export interface PublishLine<T> {
  /**
   * Its sender waits for its batch if that is due. Due batches leave after the current call: what is sent in one go travels together, and nothing waits.
   */
  add(entry: Outgoing<T>): void;
  /** Everything in line leaves, and, if told to, the end of the stream behind it, once; rejects with the first failure. */
  flush(end: boolean): Promise<unknown>;
  /** Whatever there is becomes due, also what has failed: somebody waits for it, or for the room it takes. */
  hurry(): void;
  /** Unless it is too late. */
  giveUp(entry: Outgoing<T>): void;
  /** Gives up what could not be published: nothing is left in a store for it. */
  close(reason: StreamError): Promise<unknown>;
}

export function openLine<T>(settings: LineSettings<T>): PublishLine<T> {
  const { topic, producer, publisher, codec, send, aggregator, store, room, stats, batchSize, batchBytes, lingerMs, onError } = settings;
  const maxEvents = aggregator ? batchSize : codec.single ? 1 : Math.max(batchSize, MAX_EVENTS);
  const batches: OutgoingBatch<T>[] = [];
  let flying = 0;
  let preparing = false;
  let stalled = false;
  /** All batches should leave as soon as they may; else all but the last. */
  let due = true;
  let linger: ReturnType<typeof setTimeout> | undefined;
  let nextSeq = 0;
  let ended = false;

  return {
    add(entry) {
      const batch = open(entry.load);
      batch.entries.push(entry);
      batch.load += entry.load;
      if (due || batch.entries.length >= Math.min(batchSize, maxEvents)) hurry();
      entry.waits = due;
      if (due) return;
      entry.resolve();
      if (room.waiting > 0) hurry();
      else if (lingerMs !== undefined) linger ??= setTimeout(() => flush().catch(onError), lingerMs);
    },
    flush,
    hurry,
    giveUp(entry) {
      const batch = batches.find(({ sealed, entries }) => !sealed && entries.includes(entry));
      if (!batch) return;
      batch.entries.splice(batch.entries.indexOf(entry), 1);
      batch.load -= entry.load;
      if (batch.entries.length === 0) finish(batch);
      // Last: whoever comes in now must not find a batch that is about to go.
      room.leave(1, entry.bytes);
    },
    close(reason) {
      clearTimeout(linger);
      const evicting = batches.splice(0).map((batch) => {
        settle(batch, 'reject', reason);
        return evict(batch);
      });
      return Promise.all(evicting);
    },
  };

  function flush(end = false): Promise<unknown> {
    if (end && !ended) Object.assign(open(0), { sealed: true, ends: true });
    ended ||= end;
    hurry();
    return watch(batches);
  }

  function hurry(): void {
    if (linger) clearTimeout(linger);
    linger = undefined;
    due = true;
    stalled = false;
    schedule();
  }

  function open(bytes: number): OutgoingBatch<T> {
    const last = batches.at(-1);
    if (last && !last.sealed && fits(last, bytes)) return last;
    if (!due) hurry();
    due = false;
    const batch = newBatch<T>();
    batches.push(batch);
    return batch;
  }

  function fits({ entries, load: used }: OutgoingBatch<T>, bytes: number): boolean {
    if (entries.length === 0) return true;
    if (bytes === 0) return !codec.single;
    return entries.length < maxEvents && used + bytes <= (batchBytes ?? publisher.limits?.batchBytes ?? MAX_BYTES);
  }

  function schedule(): void {
    if (preparing || stalled) return;
    preparing = true;
    void publishDue();
  }

  /** Prepares one after the other, whatever is still on the wire; the first after the current call. */
  async function publishDue(): Promise<void> {
    await undefined;
    for (let batch = nextDue(); batch; batch = nextDue()) {
      batch.flying = true;
      flying++;
      try {
        await prepare(batch);
        void over(batch, batches.includes(batch) && send(topic, batch.message as Sealed));
      } catch (error) {
        await over(batch, Promise.reject(error));
      }
    }
    preparing = false;
  }

  /** Whatever may fail before the wire is reached; then `message` is there. */
  async function prepare(batch: OutgoingBatch<T>): Promise<void> {
    const { entries, ends } = batch;
    batch.sealed = true;
    if (batch.message) return;
    batch.contents ??= aggregator && entries.length > 0 ? [await aggregate(entries, aggregator)] : entries;
    if (store) await storeAll(batch.contents, store);
    await codec.load?.();
    const events = batch.contents.map((entry) => entry.encoded ?? codec.encodeEvent(toEvent(entry, store)));
    if (ends) events.push(codec.encodeEvent(END_OF_STREAM));
    batch.seq ??= nextSeq++;
    batch.message = codec.assemble({ topic, producer, seq: batch.seq, stores: store ? [store.config] : [] }, events);
  }

  function nextDue(): OutgoingBatch<T> | undefined {
    const batch = batches.find((waiting) => !waiting.flying);
    if (stalled || !batch || flying >= (publisher.limits?.inFlight ?? 1)) return undefined;
    // What can still grow waits until it is due, and while another is under way.
    const grows = batch === batches.at(-1) && (!due || (flying > 0 && !batch.sealed && fits(batch, 1)));
    return grows ? undefined : batch;
  }

  async function over(batch: OutgoingBatch<T>, sending: unknown): Promise<void> {
    const failures = await failuresOf([sending]);
    const [failure] = failures;
    stats.failures += failures.length;
    flying--;
    batch.flying = false;
    if (!batches.includes(batch)) {
      // Given up meanwhile; whoever waited knows.
      await evict(batch);
    } else if (failures.length === 0) {
      stats.events += batch.entries.length;
      stats.batches++;
      finish(batch);
    } else if (failure instanceof StreamError && !failure.retryable) await refused(batch, failure);
    else stall(failure);
    schedule();
  }

  /** Everything stays; whoever waits hears of it; the next send or flush tries again. */
  function stall(error: unknown): void {
    stalled = true;
    const heard = batches.map((batch) => !batch.flying && settle(batch, 'reject', error));
    if (!heard.includes(true)) onError(error);
    room.close(new StreamError('overflow', 'The buffer is full, and publishing fails', { cause: error }));
  }

  /** It can never be published: what is to blame goes, the rest stays. */
  async function refused(batch: OutgoingBatch<T>, error: StreamError): Promise<void> {
    const parts = DIVISIBLE.includes(error.code) ? split(batch, !!aggregator) : [];
    if (parts.length > 1) {
      replace(batch, parts);
      for (const { resolve, reject } of batch.waiters) watch(parts).then(resolve, reject);
      return;
    }
    leave(batch);
    if (!settle(batch, 'reject', error)) onError(error);
    await evict(batch);
  }

  function replace(batch: OutgoingBatch<T>, parts: readonly OutgoingBatch<T>[] = []): void {
    batches.splice(batches.indexOf(batch), 1, ...parts);
  }

  function finish(batch: OutgoingBatch<T>): void {
    leave(batch);
    settle(batch, 'resolve');
  }

  function leave(batch: OutgoingBatch<T>): void {
    replace(batch);
    for (const { bytes } of batch.entries) room.leave(1, bytes);
  }

  /** Removes the objects of events that will never be published. */
  async function evict({ entries, contents = entries }: OutgoingBatch<T>): Promise<void> {
    await Promise.all(contents.map(({ key }) => key !== undefined && store?.evict(key))).catch(onError);
  }
}
