/** What a consumer does with messages before anyone sees their events: decode, count, filter, check – a group at a time. */
import { type ConsumerStats, EventDelivery, Receipt } from './delivery.js';
import { type EndOfStreamRule, openEndRule } from './end-of-stream.js';
import { reportUnheard, StreamError, toStreamError } from './errors.js';
import type { EventBatch } from './events.js';
import { type FilterOptions, openGate } from './filter.js';
import { type MessageOptions, openMessageReader } from './message-reader.js';
import { openObjectReader, type ReaderOptions } from './object-reader.js';
import type { AnySubscriber } from './protocols.js';
import { type Incoming, ledger, sourceOf, type Unread } from './source.js';
import { openTurn } from './task.js';
import { unlessAborted } from './unless-aborted.js';

export interface IntakeOptions<T> extends FilterOptions, ReaderOptions<T>, MessageOptions {
  /** When the stream is over. Default `'first'`. */
  readonly endOfStream?: EndOfStreamRule;
}

/** Events judged and decoded in one go: enough for a filter to be asked in batches, little enough to stay smooth. */
const GROUP = 256;

export interface Intake<T> {
  readonly stats: ConsumerStats;
  /** Counts how often the reading began anew. */
  readonly visit: number;
  /** The next event that is ready now. */
  poll(): EventDelivery<T> | undefined;
  /** The event that was given out last is the next one again. */
  putBack(): void;
  /** The next event when there is one; nothing once the stream has ended or is closed. Rejects as `StreamConsumer.next` says; that loses nothing. */
  take(signal: AbortSignal | undefined): Promise<EventDelivery<T> | undefined>;
  /** Hands everything unfinished back, and ends every wait; closed, it stays ended. */
  rewind(closing?: boolean): Promise<void>;
  closeStores(): Promise<void>;
}

export function openIntake<T>(subscriber: AnySubscriber, options: IntakeOptions<T>): Intake<T> {
  const stats: ConsumerStats = { events: 0, dropped: 0, invalid: 0, duplicates: 0, gaps: 0, missed: 0, filterErrors: 0 };
  const reader = openMessageReader(subscriber, options, stats);
  const objects = openObjectReader(options);
  const judge = openGate(options, () => stats.filterErrors++);
  const rule = openEndRule(options.endOfStream ?? 'first');
  const rest = openTurn();
  let source: AsyncIterator<Incoming> | undefined;
  let pulling = false;
  /** What the subscriber brought last, as far as it is not read yet. */
  let unread: Unread | undefined;
  /** Read, not yet past the filter. */
  let candidates: EventDelivery<T>[] = [];
  /** Past it, ends of streams among them. */
  let ready: EventDelivery<T>[] = [];
  let nextReady = 0;
  /** Of messages that are not finished. */
  const open = new Set<Receipt>();
  let filling: Promise<void> | undefined;
  let wake = () => {};
  /** Missing before the next event that is given out. */
  let gapBefore: StreamError | undefined;
  /** Sticky. */
  let ended = false;
  let visit = 0;

  return {
    stats,
    get visit() {
      return visit;
    },
    poll,
    putBack() {
      nextReady--;
      stats.events--;
    },
    async take(signal) {
      const own = visit;
      while (!ended && own === visit) {
        const next = poll();
        if (next) return next;
        if (ended) break;
        signal?.throwIfAborted();
        filling ??= fill();
        try {
          await unlessAborted(filling, signal);
        } catch (error) {
          if (!signal?.aborted) filling = undefined;
          throw error;
        }
      }
      await leaveFinished();
      return undefined;
    },
    rewind(closing) {
      visit++;
      if (closing) ended = true;
      filling = undefined;
      wake();
      return giveBack();
    },
    closeStores: objects.closeStores,
  };

  function poll(): EventDelivery<T> | undefined {
    while (!ended && nextReady < ready.length) {
      const next = ready[nextReady++] as EventDelivery<T>;
      if (next.event.type !== 'end') {
        stats.events++;
        return next;
      }
      ended = rule.ended(next.batch);
      next.ack();
    }
    return undefined;
  }

  async function leaveFinished(): Promise<void> {
    if (ended && open.size === 0) await giveBack();
  }

  async function giveBack(): Promise<void> {
    for (const { batch } of open) if (batch) reader.forget(batch);
    open.clear();
    candidates = [];
    ready = [];
    nextReady = 0;
    unread = undefined;
    const leaving = source?.return?.();
    const pending = pulling;
    source = undefined;
    pulling = false;
    // A generator answers only after its pending next has; nobody should wait for that.
    if (pending) leaving?.then(undefined, () => {});
    else await leaving;
  }

  /** What makes events ready goes on though nobody waits for it: its outcome is for the next one who does. */
  function fill(): Promise<void> {
    const own = new Promise<void>((resolve, reject) => {
      wake = resolve;
      fillOnce().then(resolve, reject);
    });
    const over = () => {
      if (own === filling) filling = undefined;
    };
    own.then(over, () => {});
    return own;
  }

  async function fillOnce(): Promise<void> {
    const own = visit;
    await rest();
    if (own !== visit || ended) return;
    if (candidates.length === 0) {
      if (!unread) await pull();
      if (unread) read(unread);
    }
    await judgeAll();
  }

  async function pull(): Promise<void> {
    let own = source;
    try {
      own ??= source = sourceOf(subscriber);
      pulling = true;
      const { done, value } = await own.next();
      const messages = done ? [] : await reader.load(value.messages);
      if (own !== source) return; // rewound meanwhile
      pulling = false;
      if (done) ended = true;
      else unread = { messages: messages.entries(), finish: ledger(value) };
    } catch (error) {
      if (own === source) await giveBack();
      throw error;
    }
  }

  /** Reads messages until there is a group of events. */
  function read({ messages, finish }: Unread): void {
    candidates = [];
    for (const [index, message] of messages) {
      const batch = reader.read(message);
      const receipt: Receipt = new Receipt(batch, () => {
        open.delete(receipt);
        finish(index);
        leaveFinished().catch(reportUnheard);
      });
      if (batch && reader.isNew(batch)) {
        open.add(receipt);
        rule.saw(batch);
        for (const event of batch.events) {
          receipt.expect();
          candidates.push(new EventDelivery(event, batch, receipt, reader.takeGap()));
        }
      } else if (batch) firstOf(batch)?.coverAlso(receipt);
      receipt.settle();
      // What follows an end may be nobody's.
      if (candidates.length >= GROUP || candidates.at(-1)?.event.type === 'end') return;
    }
    unread = undefined;
  }

  /** Who answers for a batch that came again while it is not finished. */
  function firstOf({ producer, topic, seq }: EventBatch): Receipt | undefined {
    for (const receipt of open) {
      const { batch } = receipt;
      if (batch?.producer === producer && batch?.topic === topic && batch.seq === seq) return receipt;
    }
    return undefined;
  }

  async function judgeAll(): Promise<void> {
    const own = candidates;
    const answer = judge(own.map(({ metadata }) => metadata));
    const verdicts = answer instanceof Promise ? await answer : answer;
    if (own !== candidates) return; // rewound meanwhile
    ready = [];
    nextReady = 0;
    const passed = ready;
    for (const [i, delivery] of own.entries()) {
      const { event, batch } = delivery;
      const verdict = verdicts[i];
      if (verdict instanceof StreamError) {
        // Nothing is lost: what came before is given out, then the filter is asked again.
        candidates = own.slice(i);
        if (i === 0) throw verdict;
        return;
      }
      gapBefore ??= delivery.gap;
      try {
        if (verdict) {
          stats.dropped++;
          if (event.type === 'key') await objects.evict(event, batch);
          delivery.ack();
        } else {
          if (event.type !== 'end') {
            const reading = objects.read(event, batch);
            delivery.item = reading instanceof Promise ? await reading : reading;
            delivery.gap = gapBefore;
            gapBefore = undefined;
          }
          passed.push(delivery);
        }
      } catch (error) {
        reader.reject(toStreamError(error, verdict ? 'object_missing' : 'schema_mismatch', verdict ? 'Not evicted' : 'The schema failed'));
        delivery.ack();
      }
      if (own !== candidates) return;
    }
    candidates = [];
  }
}
