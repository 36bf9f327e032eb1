/** What a consumer does with messages before anyone sees their events: decode, count, filter, check – a group at a time. */
import { type ConsumerStats, EventDelivery, Receipt } from './delivery.js';
import { type EndOfStreamRule, EndRule } from './end-of-stream.js';
import { reportUnheard, StreamError, toStreamError } from './errors.js';
import type { EventBatch, ObjectEvent, StreamEvent } from './events.js';
import { FilterGate, type FilterOptions } from './filter.js';
import { type MessageOptions, MessageReader } from './message-reader.js';
import { ObjectReader, type ReaderOptions } from './object-reader.js';
import type { AnySubscriber, Batch, BatchSubscriber, Message, Subscriber } from './protocols.js';
import { Turn } from './task.js';
import { unlessAborted } from './unless-aborted.js';

export interface IntakeOptions<T> extends FilterOptions, ReaderOptions<T>, MessageOptions {
  /** When the stream is over. Default `'first'`. */
  readonly endOfStream?: EndOfStreamRule;
}

type Incoming = Batch<Message | EventBatch>;

/** Events judged and decoded in one go: enough for a filter to be asked in batches, little enough to stay smooth. */
const GROUP = 256;

interface Candidate {
  readonly event: StreamEvent;
  readonly batch: EventBatch;
  readonly receipt: Receipt;
  readonly gap: StreamError | undefined;
}

interface Unread {
  readonly messages: Iterable<[number, Incoming['messages'][number]]>;
  readonly finish: (index: number) => void;
}

export class Intake<T> {
  readonly stats: ConsumerStats = { events: 0, dropped: 0, invalid: 0, duplicates: 0, gaps: 0, missed: 0, filterErrors: 0 };
  readonly #subscriber: AnySubscriber;
  readonly #messages: MessageReader;
  readonly #objects: ObjectReader<T>;
  readonly #gate: FilterGate;
  readonly #end: EndRule;
  readonly #turn = new Turn();
  #source: AsyncIterator<Incoming> | undefined;
  #pulling = false;
  /** What the subscriber brought last, as far as it is not read yet. */
  #unread: Unread | undefined;
  /** Read, not yet past the filter. */
  #candidates: Candidate[] = [];
  /** Past it; a receipt stands for an end of stream. */
  #ready: (EventDelivery<T> | Receipt)[] = [];
  #nextReady = 0;
  /** Of messages that are not finished. */
  readonly #open = new Set<Receipt>();
  #filling: Promise<void> | undefined;
  #wake = () => {};
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
      const next = this.#ready[this.#nextReady++] as EventDelivery<T> | Receipt;
      if (next instanceof EventDelivery) {
        this.stats.events++;
        return next;
      }
      this.#end.ended(next.batch as EventBatch);
      next.settle();
    }
    return undefined;
  }

  /** The next event when there is one; nothing once the stream has ended or is closed. Rejects as `StreamConsumer.next` says; that loses nothing. */
  async take(signal: AbortSignal | undefined): Promise<EventDelivery<T> | undefined> {
    const { visit } = this;
    while (!this.ended && visit === this.visit) {
      const ready = this.poll();
      if (ready) return ready;
      if (this.ended) break;
      signal?.throwIfAborted();
      this.#filling ??= this.#fill();
      try {
        await unlessAborted(this.#filling, signal);
      } catch (error) {
        if (!signal?.aborted) this.#filling = undefined;
        throw error;
      }
    }
    await this.#leaveFinished();
    return undefined;
  }

  /** Hands everything unfinished back, and ends every wait. */
  rewind(): Promise<void> {
    this.visit++;
    this.#filling = undefined;
    this.#wake();
    return this.#giveBack();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.rewind();
  }

  closeStores(): Promise<void> {
    return this.#objects.closeStores();
  }

  async #leaveFinished(): Promise<void> {
    if (this.ended && this.#open.size === 0) await this.#giveBack();
  }

  async #giveBack(): Promise<void> {
    for (const { batch } of this.#open) if (batch) this.#messages.forget(batch);
    this.#open.clear();
    this.#candidates = [];
    this.#ready = [];
    this.#nextReady = 0;
    this.#unread = undefined;
    const leaving = this.#source?.return?.();
    const pending = this.#pulling;
    this.#source = undefined;
    this.#pulling = false;
    // A generator answers only after its pending next has; nobody should wait for that.
    if (pending) leaving?.then(undefined, () => {});
    else await leaving;
  }

  /** What makes events ready goes on though nobody waits for it: its outcome is for the next one who does. */
  #fill(): Promise<void> {
    const filling = new Promise<void>((resolve, reject) => {
      this.#wake = resolve;
      this.#fillOnce().then(resolve, reject);
    });
    const over = () => {
      if (this.#filling === filling) this.#filling = undefined;
    };
    filling.then(over, () => {});
    return filling;
  }

  async #fillOnce(): Promise<void> {
    const { visit } = this;
    await this.#turn.rest();
    if (visit !== this.visit || this.ended) return;
    if (this.#candidates.length === 0) {
      if (!this.#unread) await this.#pull();
      if (this.#unread) this.#read(this.#unread);
    }
    await this.#judge();
  }

  async #pull(): Promise<void> {
    let source = this.#source;
    try {
      source ??= this.#source = sourceOf(this.#subscriber);
      this.#pulling = true;
      const { done, value } = await source.next();
      this.#turn.restart();
      if (source !== this.#source) return; // rewound meanwhile
      this.#pulling = false;
      if (done) this.#closed = true;
      else this.#unread = { messages: value.messages.entries(), finish: ledger(value) };
    } catch (error) {
      if (source === this.#source) await this.#giveBack();
      throw error;
    }
  }

  /** Reads messages until there is a group of events. */
  #read({ messages, finish }: Unread): void {
    const candidates: Candidate[] = [];
    this.#candidates = candidates;
    for (const [index, message] of messages) {
      const batch = this.#messages.read(message);
      const receipt: Receipt = new Receipt(batch, () => {
        this.#open.delete(receipt);
        finish(index);
        this.#leaveFinished().catch(reportUnheard);
      });
      if (batch && this.#messages.isNew(batch)) {
        this.#open.add(receipt);
        this.#end.saw(batch);
        for (const event of batch.events) {
          receipt.expect();
          candidates.push({ event, batch, receipt, gap: this.#messages.takeGap() });
        }
      } else if (batch) this.#firstOf(batch)?.coverAlso(receipt);
      receipt.settle();
      // What follows an end may be nobody's.
      if (candidates.length >= GROUP || candidates.at(-1)?.event.type === 'end') return;
    }
    this.#unread = undefined;
  }

  /** Who answers for a batch that came again while it is not finished. */
  #firstOf({ producer, topic, seq }: EventBatch): Receipt | undefined {
    for (const receipt of this.#open) {
      const { batch } = receipt;
      if (batch?.producer === producer && batch?.topic === topic && batch.seq === seq) return receipt;
    }
    return undefined;
  }

  async #judge(): Promise<void> {
    const candidates = this.#candidates;
    const answer = this.#gate.judge(candidates.map(({ event }) => (event as ObjectEvent).metadata));
    const verdicts = answer instanceof Promise ? await answer : answer;
    this.stats.filterErrors = this.#gate.errors;
    if (candidates !== this.#candidates) return; // rewound meanwhile
    const ready: (EventDelivery<T> | Receipt)[] = [];
    this.#ready = ready;
    this.#nextReady = 0;
    for (const [i, { event, batch, receipt, gap }] of candidates.entries()) {
      const verdict = verdicts[i];
      if (verdict instanceof StreamError) {
        // Nothing is lost: what came before is given out, then the filter is asked again.
        this.#candidates = candidates.slice(i);
        if (i === 0) throw verdict;
        return;
      }
      this.#gap ??= gap;
      try {
        if (event.type === 'end') ready.push(receipt);
        else if (verdict) {
          this.stats.dropped++;
          if (event.type === 'key') await this.#objects.evict(event, batch);
          receipt.settle();
        } else {
          const reading = this.#objects.read(event, batch);
          const item = reading instanceof Promise ? await reading : reading;
          ready.push(new EventDelivery<T>(batch.topic, event.metadata, item, this.#gap, receipt));
          this.#gap = undefined;
        }
      } catch (error) {
        this.#messages.reject(
          verdict
            ? toStreamError(error, 'object_missing', 'A dropped object could not be evicted')
            : toStreamError(error, 'schema_mismatch', 'The schema failed'),
        );
        receipt.settle();
      }
      if (candidates !== this.#candidates) return;
    }
    this.#candidates = [];
  }
}

function sourceOf(subscriber: AnySubscriber): AsyncIterator<Incoming> {
  const batches = 'batches' in subscriber ? (subscriber as BatchSubscriber).batches({ ack: 'manual' }) : singly(subscriber);
  return batches[Symbol.asyncIterator]();
}

/** Whoever only yields bytes hears the acknowledgement as the next pull. */
async function* singly(subscriber: Subscriber): AsyncGenerator<Incoming> {
  for await (const payload of subscriber) yield { messages: [{ topic: '', payload }], ack: () => {} };
}

/** Turns messages finished in any order into acknowledgements of a batch's first ones. */
function ledger(batch: Incoming): (index: number) => void {
  const finished: boolean[] = [];
  let acknowledged = 0;
  return (index) => {
    finished[index] = true;
    if (index !== acknowledged) return;
    while (finished[acknowledged]) acknowledged++;
    batch.ack(acknowledged);
  };
}
