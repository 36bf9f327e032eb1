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

export class PublishLine<T> {
  readonly #settings: LineSettings<T>;
  #batches: OutgoingBatch<T>[] = [];
  #flying = 0;
  #preparing = false;
  #stalled = false;
  #nextSeq = 0;
  #ended = false;

  constructor(settings: LineSettings<T>) {
    this.#settings = settings;
  }

  /** The batch it is in now. Due batches leave after the current call: what is sent in one go travels together, and nothing waits. */
  add(entry: Outgoing<T>): OutgoingBatch<T> {
    const batch = this.#open(entry.bytes);
    batch.add(entry);
    batch.due ||= batch.entries.length >= this.#settings.batchSize;
    if (batch.due) this.go();
    return batch;
  }

  /** The end of the stream, once. */
  end(): void {
    if (!this.#ended) this.#open(0).end();
    this.#ended = true;
  }

  /** Everything in line leaves; rejects with the first failure. */
  async flush(): Promise<void> {
    this.hurry();
    await Promise.all(this.#batches.map(({ waiters }) => new Promise<void>((resolve, reject) => waiters.add({ resolve, reject }))));
  }

  /** Publishes what is due, also after a failure. */
  go(): void {
    this.#stalled = false;
    this.#schedule();
  }

  /** Something of it is on its way, and will make room. */
  get busy(): boolean {
    return this.#flying > 0 || this.#preparing;
  }

  /** Whatever there is becomes due, also what has failed: somebody waits for it, or for the room it takes. */
  hurry(): void {
    const last = this.#batches.at(-1);
    if (!last) return;
    last.due = true;
    this.go();
  }

  takeBack(entry: Outgoing<T>, batch: OutgoingBatch<T>): void {
    if (!batch.remove(entry)) return;
    if (batch.entries.length === 0) {
      this.#replace(batch);
      batch.succeed();
    }
    this.#settings.room.leave(1, entry.bytes);
  }

  /** Gives up what could not be published: nothing is left in a store for it. */
  async abandon(reason: StreamError): Promise<void> {
    const batches = this.#batches.splice(0);
    for (const batch of batches) batch.fail(reason);
    await Promise.all(batches.map((batch) => batch.evictStored(this.#settings.store)));
  }

  #open(bytes: number): OutgoingBatch<T> {
    const last = this.#batches.at(-1);
    if (last && !last.closed && this.#fits(last, bytes)) return last;
    if (!last?.due) this.hurry();
    const batch = new OutgoingBatch<T>();
    this.#batches.push(batch);
    return batch;
  }

  #fits({ entries, bytes: used }: OutgoingBatch<T>, bytes: number): boolean {
    if (entries.length === 0 || bytes === 0) return true;
    const { aggregator, batchSize, batchBytes, publisher } = this.#settings;
    const maxEvents = aggregator ? batchSize : Math.max(batchSize, MAX_EVENTS);
    return entries.length < maxEvents && used + bytes <= (batchBytes ?? publisher.limits?.batchBytes ?? MAX_BYTES);
  }

  #schedule(): void {
    if (this.#preparing || this.#stalled) return;
    this.#preparing = true;
    queueMicrotask(() => this.#publishDue());
  }

  async #publishDue(): Promise<void> {
    for (let batch = this.#nextDue(); batch && !this.#stalled; batch = this.#nextDue()) {
      const next = batch;
      await new Promise<void>((prepared) => this.#publish(next, prepared));
    }
    this.#preparing = false;
    if (this.#settings.room.waiting > 0) this.#settings.relieve();
  }

  #nextDue(): OutgoingBatch<T> | undefined {
    const batch = this.#batches.find(({ flying }) => !flying);
    if (!batch?.due || this.#flying >= (this.#settings.publisher.limits?.inFlight ?? 1)) return undefined;
    // What can still grow waits while another is under way.
    const growing = !batch.closed && batch === this.#batches.at(-1) && this.#fits(batch, 1);
    return growing && this.#flying > 0 ? undefined : batch;
  }

  /** Calls `prepared` when the next one may follow. */
  async #publish(batch: OutgoingBatch<T>, prepared: () => void): Promise<void> {
    const { stats, store, onError } = this.#settings;
    let failure: unknown;
    batch.flying = true;
    this.#flying++;
    const sent = await this.#attempt(batch, prepared).catch((error) => {
      failure = error;
      stats.failures++;
    });
    this.#flying--;
    batch.flying = false;
    if (!this.#batches.includes(batch)) {
      // Given up meanwhile; whoever waited knows.
      if (!sent) await batch.evictStored(store).catch(onError);
    } else if (sent) {
      stats.events += batch.entries.length;
      stats.batches++;
      this.#replace(batch);
      this.#leave(batch);
      batch.succeed();
    } else if (failure instanceof StreamError && !failure.retryable) await this.#refused(batch, failure);
    else this.#stall(failure);
    prepared();
    this.#schedule();
  }

  /** True when it was sent, nothing when it was given up before. */
  async #attempt(batch: OutgoingBatch<T>, prepared: () => void): Promise<true | undefined> {
    const encoded = await batch.prepare(this.#settings);
    if (!this.#batches.includes(batch)) return undefined;
    batch.seq ??= this.#nextSeq++;
    const sending = batch.send(this.#settings, encoded);
    prepared();
    await sending;
    return true;
  }

  /** Everything stays; whoever waits hears of it; the next send or flush tries again. */
  #stall(error: unknown): void {
    this.#stalled = true;
    const heard = this.#batches.map((batch) => !batch.flying && batch.fail(error));
    if (!heard.includes(true)) this.#settings.onError(error);
    this.#settings.room.close(new StreamError('overflow', 'Not taken: the buffer is full and publishing fails', { cause: error }));
  }

  /** It can never be published: what is to blame goes, the rest stays. */
  async #refused(batch: OutgoingBatch<T>, error: StreamError): Promise<void> {
    const { aggregator, store, onError } = this.#settings;
    const halves = DIVISIBLE.includes(error.code) ? batch.split(aggregator !== undefined) : undefined;
    this.#replace(batch, halves);
    if (halves) return;
    this.#leave(batch);
    if (!batch.fail(error)) onError(error);
    await batch.evictStored(store).catch(onError);
  }

  #replace(batch: OutgoingBatch<T>, parts: readonly OutgoingBatch<T>[] = []): void {
    this.#batches.splice(this.#batches.indexOf(batch), 1, ...parts);
  }

  #leave(batch: OutgoingBatch<T>): void {
    this.#settings.room.leave(batch.entries.length, batch.bytes);
  }
}
