/** The batches of one topic in order: the last may still grow, the first are on the wire. A failure keeps them all for the next attempt. */
import { StreamError, type StreamErrorCode } from './errors.js';
import { type BatchSettings, type Outgoing, OutgoingBatch } from './outgoing-batch.js';
import type { Room } from './room.js';

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
  readonly batchBytes: number | undefined;
  readonly stats: ProducerStats;
  /** Hears of failures that nobody waits for. */
  readonly onError: (error: unknown) => void;
  /** Makes what fills the room leave, when nothing of it is about to. */
  readonly relieve: () => void;
}

/** Keeps one message from becoming one long task for its readers. */
const MAX_EVENTS = 1024;
const MAX_BYTES = 2 ** 20;

/** Refusals that may be meant for one event of a batch. */
const DIVISIBLE: readonly StreamErrorCode[] = ['too_large', 'not_encodable', 'unsupported'];

export interface PublishLine<T> {
  /** Something of it is on its way, and will make room. */
  readonly busy: boolean;
  /** The batch it is in now. Due batches leave after the current call: what is sent in one go travels together, and nothing waits. */
  add(entry: Outgoing<T>): OutgoingBatch<T>;
  /** The end of the stream, once. */
  end(): void;
  /** Everything in line leaves; rejects with the first failure. */
  flush(): Promise<unknown>;
  /** Publishes what is due, also after a failure. */
  go(): void;
  /** Whatever there is becomes due, also what has failed: somebody waits for it, or for the room it takes. */
  hurry(): void;
  takeBack(entry: Outgoing<T>, batch: OutgoingBatch<T>): void;
  /** Gives up what could not be published: nothing is left in a store for it. */
  abandon(reason: StreamError): Promise<unknown>;
}

export function openLine<T>(settings: LineSettings<T>): PublishLine<T> {
  const { publisher, aggregator, store, room, stats, batchSize, batchBytes, onError, relieve } = settings;
  const maxEvents = aggregator ? batchSize : Math.max(batchSize, MAX_EVENTS);
  const batches: OutgoingBatch<T>[] = [];
  let flying = 0;
  let preparing = false;
  let stalled = false;
  let nextSeq = 0;
  let ended = false;

  return {
    get busy() {
      return flying > 0 || preparing;
    },
    add(entry) {
      const batch = open(entry.load);
      batch.add(entry);
      batch.due ||= batch.entries.length >= batchSize;
      if (batch.due) go();
      return batch;
    },
    end() {
      if (!ended) open(0).end();
      ended = true;
    },
    flush() {
      hurry();
      return Promise.all(batches.map(({ waiters }) => new Promise<void>((resolve, reject) => waiters.add({ resolve, reject }))));
    },
    go,
    hurry,
    takeBack(entry, batch) {
      if (!batch.remove(entry)) return;
      if (batch.entries.length === 0) {
        replace(batch);
        batch.succeed();
      }
      room.leave(1, entry.bytes);
    },
    abandon(reason) {
      const given = batches.splice(0);
      for (const batch of given) batch.fail(reason);
      return Promise.all(given.map((batch) => batch.evictStored(store)));
    },
  };

  function go(): void {
    stalled = false;
    schedule();
  }

  function hurry(): void {
    const last = batches.at(-1);
    if (!last) return;
    last.due = true;
    go();
  }

  function open(bytes: number): OutgoingBatch<T> {
    const last = batches.at(-1);
    if (last && !last.closed && fits(last, bytes)) return last;
    if (!last?.due) hurry();
    const batch = new OutgoingBatch<T>();
    batches.push(batch);
    return batch;
  }

  function fits({ entries, load: used }: OutgoingBatch<T>, bytes: number): boolean {
    if (entries.length === 0 || bytes === 0) return true;
    return entries.length < maxEvents && used + bytes <= (batchBytes ?? publisher.limits?.batchBytes ?? MAX_BYTES);
  }

  function schedule(): void {
    if (preparing || stalled) return;
    preparing = true;
    queueMicrotask(publishDue);
  }

  async function publishDue(): Promise<void> {
    for (let batch = nextDue(); batch && !stalled; batch = nextDue()) {
      const next = batch;
      await new Promise<void>((prepared) => publish(next, prepared));
    }
    preparing = false;
    if (room.waiting > 0) relieve();
  }

  function nextDue(): OutgoingBatch<T> | undefined {
    const batch = batches.find((waiting) => !waiting.flying);
    if (!batch?.due || flying >= (publisher.limits?.inFlight ?? 1)) return undefined;
    // What can still grow waits while another is under way.
    const growing = !batch.closed && batch === batches.at(-1) && fits(batch, 1);
    return growing && flying > 0 ? undefined : batch;
  }

  /** Calls `prepared` when the next one may follow. */
  async function publish(batch: OutgoingBatch<T>, prepared: () => void): Promise<void> {
    let failure: unknown;
    batch.flying = true;
    flying++;
    const sent = await attempt(batch, prepared).catch((error) => {
      failure = error;
      stats.failures++;
    });
    flying--;
    batch.flying = false;
    if (!batches.includes(batch)) {
      // Given up meanwhile; whoever waited knows.
      if (!sent) await batch.evictStored(store).catch(onError);
    } else if (sent) {
      stats.events += batch.entries.length;
      stats.batches++;
      leave(batch);
      batch.succeed();
    } else if (failure instanceof StreamError && !failure.retryable) await refused(batch, failure);
    else stall(failure);
    prepared();
    schedule();
  }

  /** True when it was sent, nothing when it was given up before. */
  async function attempt(batch: OutgoingBatch<T>, prepared: () => void): Promise<true | undefined> {
    const encoded = await batch.prepare(settings);
    if (!batches.includes(batch)) return undefined;
    batch.seq ??= nextSeq++;
    const sending = batch.send(settings, encoded);
    prepared();
    await sending;
    return true;
  }

  /** Everything stays; whoever waits hears of it; the next send or flush tries again. */
  function stall(error: unknown): void {
    stalled = true;
    const heard = batches.map((batch) => !batch.flying && batch.fail(error));
    if (!heard.includes(true)) onError(error);
    room.close(new StreamError('overflow', 'Not taken: the buffer is full and publishing fails', { cause: error }));
  }

  /** It can never be published: what is to blame goes, the rest stays. */
  async function refused(batch: OutgoingBatch<T>, error: StreamError): Promise<void> {
    const halves = DIVISIBLE.includes(error.code) ? batch.split(aggregator !== undefined) : undefined;
    if (halves) return replace(batch, halves);
    leave(batch);
    if (!batch.fail(error)) onError(error);
    await batch.evictStored(store).catch(onError);
  }

  function replace(batch: OutgoingBatch<T>, parts: readonly OutgoingBatch<T>[] = []): void {
    batches.splice(batches.indexOf(batch), 1, ...parts);
  }

  function leave(batch: OutgoingBatch<T>): void {
    replace(batch);
    room.leave(batch.entries.length, batch.bytes);
  }
}
