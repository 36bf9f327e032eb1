/** What a consumer does with messages before anyone sees their events: decode, count, filter, check – a group at a time. */
import { type ConsumerStats, EventDelivery, Ledger, Receipt } from './delivery.js';
import { type EndOfStreamRule, EndRule } from './end-of-stream.js';
import { reportUnheard, StreamError, toStreamError } from './errors.js';
import type { EventBatch, ObjectEvent } from './events.js';
import { FilterGate, type FilterOptions } from './filter.js';
import { type MessageOptions, MessageReader } from './message-reader.js';
import { ObjectReader, type ReaderOptions } from './object-reader.js';
import type { AnySubscriber } from './protocols.js';
import { type Incoming, Source } from './source.js';
import { Turn } from './task.js';
import { unlessAborted } from './unless-aborted.js';

export interface IntakeOptions<T> extends FilterOptions, ReaderOptions<T>, MessageOptions {
  /** When the stream is over. Default `'first'`. */
  readonly endOfStream?: EndOfStreamRule;
}

/** Events judged and decoded in one go: enough for a filter to be asked in batches, little enough to stay smooth. */
const GROUP = 256;

interface Candidate {
  readonly event: ObjectEvent | undefined; // undefined: end of stream
  readonly batch: EventBatch;
  readonly receipt: Receipt;
  readonly gap: StreamError | undefined;
}

/** A batch from the subscriber, read up to `next`. */
interface Reading {
  readonly messages: Incoming['messages'];
  readonly ledger: Ledger;
  next: number;
}

export class Intake<T> {
  readonly stats: ConsumerStats = { events: 0, dropped: 0, invalid: 0, duplicates: 0, gaps: 0, missed: 0, filterErrors: 0 };
  readonly #subscriber: AnySubscriber;
  readonly #messages: MessageReader;
  readonly #objects: ObjectReader<T>;
  readonly #gate: FilterGate;
  readonly #end: EndRule;
  readonly #turn = new Turn();
  #source: Source | undefined;
  #incoming: Reading | undefined;
  /** Read, not yet past the filter. */
  #candidates: readonly Candidate[] = [];
  #ready: (EventDelivery<T> | Candidate)[] = [];
  #nextReady = 0;
  /** Messages that are not finished. */
  readonly #open = new Map<Receipt, EventBatch>();
  #judging: Promise<void> | undefined;
  /** Missing before the next event that is given out. */
  #gap: StreamError | undefined;
  #closed = false;
  /** Counts how often the reading began anew. */
  visit = 0;

  constructor(subscriber: AnySubscriber, options: IntakeOptions<T>) {
    this.#subscriber = subscriber;
    this.#messages = new MessageReader(subscriber, options, this.stats);
    this.#objects = new ObjectReader(options);
    this.#gate = new FilterGate(options);
    this.#end = new EndRule(options.endOfStream ?? 'first');
  }

  get ended(): boolean {
    return this.#closed || this.#end.reached;
  }

  /** The next event that is ready now. */
  poll(): EventDelivery<T> | undefined {
    while (!this.ended && this.#nextReady < this.#ready.length) {
      const next = this.#ready[this.#nextReady++] as EventDelivery<T> | Candidate;
      if (next instanceof EventDelivery) {
        this.stats.events++;
        return next;
      }
      this.#end.ended(next.batch);
      next.receipt.settle();
    }
    return undefined;
  }

  /** The next event when there is one; nothing once the stream has ended or is closed. Rejects as `StreamConsumer.next` says. */
  async take(signal: AbortSignal | undefined): Promise<EventDelivery<T> | undefined> {
    const { visit } = this;
    while (!this.ended && visit === this.visit) {
      const ready = this.poll();
      if (ready) return ready;
      if (this.ended) break;
      await this.#turn.rest();
      if (this.#judging || this.#candidates.length > 0 || (await this.#read(signal))) await this.#judged(signal);
    }
    if (this.ended && this.#open.size === 0) await this.#giveBack();
    return undefined;
  }

  /** Hands everything unfinished back, and ends every wait. */
  rewind(): Promise<void> {
    this.visit++;
    return this.#giveBack();
  }

  async #giveBack(): Promise<void> {
    for (const batch of this.#open.values()) this.#messages.forget(batch);
    this.#open.clear();
    this.#candidates = [];
    this.#ready = [];
    this.#nextReady = 0;
    this.#incoming = undefined;
    this.#judging = undefined;
    const source = this.#source;
    this.#source = undefined;
    await source?.return();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.rewind();
  }

  closeStores(): Promise<void> {
    return this.#objects.closeStores();
  }

  /** Reads messages until there is a group of events; false when none came. */
  async #read(signal: AbortSignal | undefined): Promise<boolean> {
    const incoming = this.#incoming ?? (await this.#pull(signal));
    if (!incoming) return false;
    const candidates: Candidate[] = [];
    while (incoming.next < incoming.messages.length && candidates.length < GROUP) {
      const index = incoming.next++;
      const receipt: Receipt = new Receipt(() => {
        this.#open.delete(receipt);
        incoming.ledger.settle(index);
        if (this.ended && this.#open.size === 0) void this.#giveBack().catch(reportUnheard);
      });
      const batch = this.#messages.read(incoming.messages[index] as Incoming['messages'][number]);
      if (batch && this.#messages.isNew(batch)) this.#addAll(batch, receipt, candidates);
      else if (batch) this.#firstOf(batch)?.coverAlso(receipt);
      receipt.settle();
      if (candidates.at(-1)?.event === undefined && candidates.length > 0) break; // what follows an end may be nobody's
    }
    if (incoming.next === incoming.messages.length) this.#incoming = undefined;
    this.#candidates = candidates;
    return candidates.length > 0;
  }

  #addAll(batch: EventBatch, receipt: Receipt, candidates: Candidate[]): void {
    this.#open.set(receipt, batch);
    this.#end.saw(batch);
    for (const event of batch.events) {
      receipt.expect();
      candidates.push({ event: event.type === 'end' ? undefined : event, batch, receipt, gap: this.#messages.takeGap() });
    }
  }

  /** Who answers for a batch that came again while it is not finished. */
  #firstOf({ producer, topic, seq }: EventBatch): Receipt | undefined {
    for (const [receipt, open] of this.#open) if (open.producer === producer && open.topic === topic && open.seq === seq) return receipt;
    return undefined;
  }

  async #pull(signal: AbortSignal | undefined): Promise<Reading | undefined> {
    this.#source ??= new Source(this.#subscriber);
    const source = this.#source;
    try {
      const { done, value } = await source.next(signal);
      this.#turn.restart();
      if (source !== this.#source) return undefined; // rewound meanwhile
      if (done) this.#closed = true;
      else this.#incoming = { messages: value.messages, ledger: new Ledger(value), next: 0 };
      return this.#incoming;
    } catch (error) {
      if (source === this.#source && !signal?.aborted) await this.#giveBack();
      throw error;
    }
  }

  /** One judgement at a time; giving up the wait for it loses nothing. */
  async #judged(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#judging) {
      const judging: Promise<void> = this.#judge().finally(() => {
        if (this.#judging === judging) this.#judging = undefined;
      });
      this.#judging = judging;
    }
    await (signal ? unlessAborted(this.#judging, signal) : this.#judging);
  }

  async #judge(): Promise<void> {
    const candidates = this.#candidates;
    const objects = candidates.flatMap(({ event }) => (event ? [event.metadata] : []));
    const answer = this.#gate.judge(objects);
    const verdicts = (answer instanceof Promise ? await answer : answer).values();
    this.stats.filterErrors = this.#gate.errors;
    if (candidates !== this.#candidates) return; // rewound meanwhile
    const ready: (EventDelivery<T> | Candidate)[] = [];
    this.#ready = ready;
    this.#nextReady = 0;
    for (const [i, candidate] of candidates.entries()) {
      const verdict = candidate.event ? verdicts.next().value : false;
      if (verdict instanceof StreamError) {
        // Nothing is lost: what came before is given out, then the filter is asked again.
        this.#candidates = candidates.slice(i);
        if (i === 0) throw verdict;
        return;
      }
      this.#gap ??= candidate.gap;
      if (verdict) await this.#drop(candidate);
      else if (candidate.event) await this.#admit(candidate, candidate.event, ready);
      else ready.push(candidate);
      if (candidates !== this.#candidates) return;
    }
    this.#candidates = [];
  }

  async #drop({ event, batch, receipt }: Candidate): Promise<void> {
    this.stats.dropped++;
    if (event?.type === 'key')
      await this.#objects
        .evict(event, batch)
        .catch((error) => this.#messages.reject(toStreamError(error, 'object_missing', 'A dropped object could not be evicted')));
    receipt.settle();
  }

  async #admit({ batch, receipt }: Candidate, event: ObjectEvent, ready: (EventDelivery<T> | Candidate)[]): Promise<void> {
    try {
      const reading = this.#objects.read(event, batch);
      const item = reading instanceof Promise ? await reading : reading;
      ready.push(new EventDelivery<T>(batch.topic, event.metadata, item, this.#gap, receipt));
      this.#gap = undefined;
    } catch (error) {
      this.#messages.reject(toStreamError(error, 'schema_mismatch', 'The schema failed'));
      receipt.settle();
    }
  }
}
