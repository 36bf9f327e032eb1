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
const DIVISIBLE: ReadonlySet<StreamErrorCode> = new Set(['too_large', 'not_encodable', 'unsupported']);

export class PublishLine<T> {
  readonly #settings: LineSettings<T>;
  readonly #maxEvents: number;
  #batches: OutgoingBatch<T>[] = [];
  #flying = 0;
  #scheduled = false;
  #preparing = false;
  #stalled = false;
  #nextSeq = 0;

  constructor(settings: LineSettings<T>) {
    this.#settings = settings;
    this.#maxEvents = settings.aggregator ? settings.batchSize : Math.max(settings.batchSize, MAX_EVENTS);
  }

  /** The batch it is in now. Due batches leave after the current call: what is sent in one go travels together, and nothing waits. */
  add(entry: Outgoing<T>): OutgoingBatch<T> {
    const batch = this.#open(entry.bytes);
    batch.add(entry);
    batch.due ||= batch.entries.length >= this.#settings.batchSize;
    if (batch.due) this.go();
    return batch;
  }

  end(): void {
    this.#open(0).end();
  }

  /** Everything in line leaves; rejects with the first failure. */
  async flush(): Promise<void> {
    this.hurry();
    await Promise.all(this.#batches.map((batch) => batch.wait()));
  }

  /** Publishes what is due, also after a failure. */
  go(): void {
    this.#stalled = false;
    this.#schedule();
  }

  get busy(): boolean {
    return this.#flying > 0 || this.#scheduled || this.#preparing;
  }

  /** Whatever there is becomes due. */
  hurry(): void {
    const last = this.#batches.at(-1);
    if (!last) return;
    last.due = true;
    this.go();
  }

  takeBack(entry: Outgoing<T>, batch: OutgoingBatch<T>): boolean {
    if (!batch.remove(entry)) return false;
    if (batch.empty) this.#batches = this.#batches.filter((other) => other !== batch);
    if (batch.empty) batch.succeed();
    this.#settings.room.leave(1, entry.bytes);
    return true;
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
    if (last && !last.due) {
      last.due = true;
      this.go();
    }
    const batch = new OutgoingBatch<T>();
    this.#batches.push(batch);
    return batch;
  }

  #fits({ entries, bytes: used }: OutgoingBatch<T>, bytes: number): boolean {
    if (entries.length === 0 || bytes === 0) return true;
    const maxBytes = this.#settings.batchBytes ?? this.#settings.outlet.limits.batchBytes ?? MAX_BYTES;
    return entries.length < this.#maxEvents && used + bytes <= maxBytes;
  }

  #schedule(): void {
    if (this.#scheduled || this.#preparing || this.#stalled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      void this.#publishDue();
    });
  }

  async #publishDue(): Promise<void> {
    this.#preparing = true;
    for (let batch = this.#nextDue(); batch && !this.#stalled; batch = this.#nextDue()) {
      batch.flying = true;
      try {
        const encoded = await batch.prepare(this.#settings);
        if (this.#abandoned(batch)) {
          await batch.evictStored(this.#settings.store).catch(this.#settings.onError);
          continue;
        }
        batch.seq ??= this.#nextSeq++;
        this.#flying++;
        void this.#publish(batch, batch.send(this.#settings, encoded));
      } catch (error) {
        batch.flying = false;
        await this.#failed(batch, error);
      }
    }
    this.#preparing = false;
    if (this.#settings.room.waiting > 0) this.#settings.relieve();
  }

  #nextDue(): OutgoingBatch<T> | undefined {
    const batch = this.#batches.find(({ flying }) => !flying);
    if (!batch?.due || this.#flying >= (this.#settings.outlet.limits.inFlight ?? 1)) return undefined;
    // What can still grow waits while another is under way.
    const growing = !batch.closed && batch === this.#batches.at(-1) && this.#fits(batch, 1);
    return growing && this.#flying > 0 ? undefined : batch;
  }

  async #publish(batch: OutgoingBatch<T>, sending: Promise<void>): Promise<void> {
    try {
      await sending;
      this.#flying--;
      if (this.#abandoned(batch)) return;
      this.#settings.stats.events += batch.entries.length;
      this.#settings.stats.batches++;
      this.#batches.splice(this.#batches.indexOf(batch), 1);
      this.#leave(batch);
      batch.succeed();
    } catch (error) {
      this.#flying--;
      batch.flying = false;
      await this.#failed(batch, error);
    }
    this.#schedule();
  }

  async #failed(batch: OutgoingBatch<T>, error: unknown): Promise<void> {
    this.#settings.stats.failures++;
    if (this.#abandoned(batch)) await batch.evictStored(this.#settings.store).catch(this.#settings.onError);
    else if (error instanceof StreamError && !error.retryable) await this.#refused(batch, error);
    else this.#stall(error);
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
    const at = this.#batches.indexOf(batch);
    const halves = DIVISIBLE.has(error.code) ? batch.split(aggregator !== undefined) : undefined;
    this.#batches.splice(at, 1, ...(halves ?? []));
    if (halves) return;
    this.#leave(batch);
    if (!batch.fail(error)) onError(error);
    await batch.evictStored(store).catch(onError);
  }

  /** Given up while it was on its way: whoever waited knows. */
  #abandoned(batch: OutgoingBatch<T>): boolean {
    return !this.#batches.includes(batch);
  }

  #leave(batch: OutgoingBatch<T>): void {
    this.#settings.room.leave(batch.entries.length, batch.bytes);
  }
}
