/** One topic of a producer: into the room, past the filter, into line. */
import { StreamError } from './errors.js';
import type { Metadata } from './events.js';
import type { FilterGate, Verdict } from './filter.js';
import type { Outgoing, OutgoingBatch } from './outgoing-batch.js';
import type { Lifetime } from './protocols.js';
import { type LineSettings, PublishLine } from './publish-line.js';
import { roughBytes } from './rough-bytes.js';
import { unlessAborted } from './unless-aborted.js';

export interface TopicSettings<T> extends LineSettings<T> {
  readonly gate: FilterGate;
  readonly lingerMs: number | undefined;
}

/** What moves past the filter: an event, or (without one) a mark behind all events before it. */
interface Step<T> {
  readonly entry?: Outgoing<T>;
  readonly decide: (verdict: Verdict) => void;
}

export class TopicStream<T> {
  readonly #settings: TopicSettings<T>;
  readonly #line: PublishLine<T>;
  #unjudged: Step<T>[] = [];
  #judging = false;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #lingering: OutgoingBatch<T> | undefined;
  #ended = false;
  #endInLine = false;
  #abandoned: StreamError | undefined;

  constructor(settings: TopicSettings<T>) {
    this.#settings = settings;
    this.#line = new PublishLine(settings);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Settles as `StreamProducer.send` says. */
  async send(object: T, metadata: Metadata, evict: Lifetime, signal: AbortSignal | undefined): Promise<void> {
    const entry = this.#entry(object, metadata, evict);
    let outcome: Promise<void> | undefined;
    const { room, stats, batchSize } = this.#settings;
    const decided = await this.#enter(entry.bytes, signal, (done) =>
      this.#judge({
        entry,
        decide: (verdict) => {
          if (verdict === false && !signal?.aborted) outcome = this.#buffer(entry, batchSize, signal);
          else room.leave(1, entry.bytes);
          if (verdict === true) stats.dropped++;
          done(verdict);
        },
      }),
    );
    if (decided instanceof StreamError) throw decided;
    await outcome?.catch((error) => {
      if (!entry.published) throw error; // it was another event of the batch
    });
  }

  /** Ends the stream behind everything sent before; a second call only flushes. */
  end(signal?: AbortSignal): Promise<void> {
    this.#ended = true;
    return this.#behindAll(() => {
      if (!this.#endInLine) this.#line.end();
      this.#endInLine = true;
      return this.#line.flush();
    }, signal);
  }

  /** Publishes what was sent before; rejects with the first failure, which leaves everything in line. */
  flush(signal?: AbortSignal): Promise<void> {
    return this.#behindAll(() => this.#line.flush(), signal);
  }

  /** Gives up what could not be published, and what the filter still looks at. */
  abandon(reason: StreamError): Promise<void> {
    clearTimeout(this.#linger);
    this.#abandoned = reason;
    return this.#line.abandon(reason);
  }

  /** Something of it is on its way, and will make room. */
  get busy(): boolean {
    return this.#line.busy;
  }

  /** Partial batches leave, and what failed is tried again: somebody waits for the room they take. */
  hurry(): void {
    this.#line.hurry();
  }

  /** A mark takes no room to speak of, but its place in line for it: then nothing sent earlier can be behind it. */
  async #behindAll(work: () => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    let working: Promise<void> | undefined;
    const decided = await this.#enter(0, signal, (done) =>
      this.#judge({
        decide: (verdict) => {
          if (verdict === false) working = work();
          working?.catch(() => {}); // awaited below
          this.#settings.room.leave(1, 0);
          done(verdict);
        },
      }),
    );
    if (decided instanceof StreamError) throw decided;
    await (signal && working ? unlessAborted(working, signal) : working);
  }

  async #enter(bytes: number, signal: AbortSignal | undefined, admit: (done: (verdict: Verdict) => void) => void): Promise<Verdict> {
    let decided: Verdict | undefined;
    let done = (verdict: Verdict) => {
      decided = verdict;
    };
    const entering = this.#settings.room.enter(bytes, () => admit((verdict) => done(verdict)), signal);
    if (entering) {
      this.#line.go(); // what failed before may be what fills the room
      this.#settings.relieve();
      await entering;
    }
    if (decided !== undefined) return decided;
    const judged = new Promise<Verdict>((resolve) => (done = resolve));
    return signal ? unlessAborted(judged, signal) : judged;
  }

  /** Encodes at once where it can: the object may change afterwards, and one that cannot be encoded is its sender's error alone. */
  #entry(object: T, metadata: Metadata, evict: Lifetime): Outgoing<T> {
    const { aggregator, store, outlet } = this.#settings;
    const encoded = aggregator || store ? undefined : outlet.encode({ type: 'inline', metadata, object });
    return { object, metadata, evict, encoded, bytes: encoded?.bytes ?? roughBytes(object) };
  }

  #judge(step: Step<T>): void {
    this.#unjudged.push(step);
    if (!this.#judging) void this.#judgeAll();
  }

  async #judgeAll(): Promise<void> {
    this.#judging = true;
    while (this.#unjudged.length > 0) {
      const steps = this.#unjudged.splice(0);
      const answer = this.#settings.gate.judge(steps.flatMap(({ entry }) => (entry ? [entry.metadata] : [])));
      const verdicts = (answer instanceof Promise ? await answer : answer).values();
      for (const { entry, decide } of steps) {
        const verdict = entry ? (verdicts.next().value as Verdict) : false;
        decide(this.#abandoned ?? verdict);
      }
    }
    this.#judging = false;
  }

  /** What its sender waits for, if anything. */
  #buffer(entry: Outgoing<T>, batchSize: number, signal: AbortSignal | undefined): Promise<void> | undefined {
    const batch = this.#line.add(entry);
    if (!batch.due) {
      if (this.#settings.lingerMs !== undefined && batchSize > 1) this.#startLinger(batch, this.#settings.lingerMs);
      if (this.#settings.room.waiting > 0) this.#settings.relieve();
      return undefined;
    }
    return signal ? unlessAborted(batch.wait(), signal, () => this.#line.takeBack(entry, batch)) : batch.wait();
  }

  /** Counts from the first event of each batch. */
  #startLinger(batch: OutgoingBatch<T>, delayMs: number): void {
    if (batch === this.#lingering) return;
    this.#lingering = batch;
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => this.flush().catch(this.#settings.onError), delayMs);
  }
}
