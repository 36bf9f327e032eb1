/** One topic of a producer: into the room, past the filter, into line. */
import { StreamError } from './errors.js';
import type { Metadata } from './events.js';
import type { FilterGate, Verdict } from './filter.js';
import type { Outgoing, OutgoingBatch, Waiter } from './outgoing-batch.js';
import { type LineSettings, PublishLine } from './publish-line.js';
import { roughBytes } from './rough-bytes.js';
import { unlessAborted } from './unless-aborted.js';

export interface TopicSettings<T> extends LineSettings<T> {
  readonly gate: FilterGate;
  readonly lingerMs: number | undefined;
}

/** What moves past the filter: an event, or (without one) a mark behind all events before it. */
interface Step<T> {
  readonly entry: Outgoing<T> | undefined;
  readonly decide: (verdict: Verdict) => void;
}

export class TopicStream<T> {
  readonly line: PublishLine<T>;
  ended = false;
  readonly #settings: TopicSettings<T>;
  #unjudged: Step<T>[] = [];
  #judging = false;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #lingering: OutgoingBatch<T> | undefined;
  #abandoned: StreamError | undefined;

  constructor(settings: TopicSettings<T>) {
    this.#settings = settings;
    this.line = new PublishLine(settings);
  }

  /** Settles as `StreamProducer.send` says. */
  async send(object: T, metadata: Metadata, evict: boolean, signal: AbortSignal | undefined): Promise<void> {
    const { aggregator, store, outlet } = this.#settings;
    // Encoded at once where it can be: the object may change afterwards, and one that cannot be encoded is its sender's error alone.
    const encoded = aggregator || store ? undefined : outlet.encode({ type: 'inline', metadata, object });
    const bytes = (encoded as Uint8Array | undefined)?.length ?? roughBytes(encoded ?? object);
    const entry: Outgoing<T> = { object, metadata, evict, encoded, bytes };
    let batch: OutgoingBatch<T> | undefined;
    const buffer = (waiter: Waiter) => {
      batch = this.#buffer(entry, waiter);
    };
    await this.#pass(signal, buffer, entry, () => batch && this.line.takeBack(entry, batch));
  }

  /** Publishes what was sent before, and, if told to, the end of the stream behind it, once. Rejects with the first failure, which leaves everything in line. */
  flush(signal?: AbortSignal, end = false): Promise<void> {
    this.ended ||= end;
    return this.#pass(signal, ({ resolve, reject }) => {
      if (end) this.line.end();
      this.line.flush().then(resolve, reject);
    });
  }

  /** Gives up what could not be published, and what the filter still looks at. */
  abandon(reason: StreamError): Promise<void> {
    clearTimeout(this.#linger);
    this.#abandoned = reason;
    return this.line.abandon(reason);
  }

  /**
   * Calls `arrive` once there is room, the filter lets the entry pass, and everything before it has arrived. A mark takes no room to speak of, but its
   * place in line for it: then nothing sent earlier can be behind it.
   */
  #pass(signal: AbortSignal | undefined, arrive: (waiter: Waiter) => void, entry?: Outgoing<T>, onAbort?: () => void): Promise<void> {
    const { room, stats, relieve } = this.#settings;
    const bytes = entry ? entry.bytes : 0;
    const passing = new Promise<void>((resolve, reject) => {
      const decide = (verdict: Verdict) => {
        const arrives = verdict === false && !(entry && signal?.aborted);
        if (arrives) arrive({ resolve, reject });
        if (!arrives || !entry) room.leave(1, bytes);
        if (verdict instanceof StreamError) return reject(verdict);
        if (verdict) stats.dropped++;
        if (!arrives) resolve();
      };
      const entering = room.enter(bytes, () => this.#judge({ entry, decide }), signal);
      if (!entering) return;
      entering.catch(reject);
      this.line.go(); // what failed before may be what fills the room
      relieve();
    });
    return unlessAborted(passing, signal, onAbort);
  }

  #judge(step: Step<T>): void {
    this.#unjudged.push(step);
    if (!this.#judging) void this.#judgeAll();
  }

  async #judgeAll(): Promise<void> {
    this.#judging = true;
    while (this.#unjudged.length > 0) {
      const steps = this.#unjudged.splice(0);
      const answer = this.#settings.gate.judge(steps.map(({ entry }) => entry?.metadata));
      const verdicts = answer instanceof Promise ? await answer : answer;
      for (const [i, { decide }] of steps.entries()) decide(this.#abandoned ?? (verdicts[i] as Verdict));
    }
    this.#judging = false;
  }

  /** The batch that its sender waits for, if it does. */
  #buffer(entry: Outgoing<T>, waiter: Waiter): OutgoingBatch<T> | undefined {
    const { batchSize, lingerMs, room, relieve } = this.#settings;
    const batch = this.line.add(entry);
    if (batch.due) {
      entry.waiter = waiter;
      batch.waiters.add(waiter);
      return batch;
    }
    waiter.resolve();
    if (lingerMs !== undefined && batchSize > 1) this.#startLinger(batch, lingerMs);
    if (room.waiting > 0) relieve();
    return undefined;
  }

  /** Counts from the first event of each batch. */
  #startLinger(batch: OutgoingBatch<T>, delayMs: number): void {
    if (batch === this.#lingering) return;
    this.#lingering = batch;
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => this.flush().catch(this.#settings.onError), delayMs);
  }
}
