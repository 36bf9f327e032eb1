/** What a consumer does with messages before anyone sees their events: decode, count, filter, check – a group at a time. */
import { type ConsumerStats, EventDelivery } from './delivery.js';
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
  /** An event that was given out is the next one again. */
  putBack(delivery: EventDelivery<T>): void;
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
  /** Past it, ends of streams among them; the next one is the last. */
  let ready: EventDelivery<T>[] = [];
  /** Batches some of whose events are not dealt with, and what is called when all are. */
  const open = new Set<{ readonly batch: EventBatch; readonly listeners: (() => void)[] }>();
  let filling: Promise<void> | undefined;
  let wake: (() => void) | undefined;
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
    putBack(delivery) {
      ready.push(delivery);
      stats.events--;
    },
    async take(signal) {
      const own = visit;
      while (own === visit) {
        const next = poll();
        if (next) return next;
        if (ended) break;
        signal?.throwIfAborted();
        filling ??= fill();
        try {
          await unlessAborted(filling, signal);
        } finally {
          if (own === visit && !signal?.aborted) filling = undefined;
        }
      }
      await leaveFinished();
      return undefined;
    },
    rewind(closing) {
      visit++;
      if (closing) ended = true;
      filling = undefined;
      wake?.();
      return giveBack();
    },
    closeStores: objects.closeStores,
  };

  function poll(): EventDelivery<T> | undefined {
    while (!ended) {
      const next = ready.pop();
      if (next?.event.type !== 'end') {
        if (next) stats.events++;
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
    for (const { batch } of open) reader.forget(batch);
    open.clear();
    candidates = [];
    ready = [];
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
    return new Promise<void>((resolve, reject) => {
      wake = resolve;
      fillOnce().then(resolve, reject);
    });
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
      const done = () => finish(index);
      if (batch && reader.isNew(batch)) begin(batch, done);
      else whenDone(batch, done);
      // What follows an end may be nobody's.
      if (candidates.length >= GROUP || candidates.at(-1)?.event.type === 'end') return;
    }
    unread = undefined;
  }

  function begin(batch: EventBatch, done: () => void): void {
    const unfinished = { batch, listeners: [done] };
    let left = 1;
    const settle = () => {
      if (--left > 0) return;
      open.delete(unfinished);
      for (const listener of unfinished.listeners) listener();
      leaveFinished().catch(reportUnheard);
    };
    open.add(unfinished);
    rule.saw(batch);
    for (const event of batch.events) {
      left++;
      candidates.push(new EventDelivery(event, batch, settle, reader.takeGap()));
    }
    settle();
  }

  /** A batch that came again while it is not finished is done when that one is. */
  function whenDone(copy: EventBatch | undefined, done: () => void): void {
    for (const { batch, listeners } of open) {
      const same = batch.producer === copy?.producer && batch.topic === copy?.topic && batch.seq === copy.seq;
      if (same) return void listeners.push(done);
    }
    done();
  }

  async function judgeAll(): Promise<void> {
    const own = candidates;
    const answer = judge(own.map(({ metadata }) => metadata));
    const verdicts = answer instanceof Promise ? await answer : answer;
    if (own !== candidates) return; // rewound meanwhile
    const passed: EventDelivery<T>[] = [];
    let left: EventDelivery<T>[] = [];
    for (const [i, delivery] of own.entries()) {
      const { event, batch } = delivery;
      const verdict = verdicts[i];
      if (verdict instanceof StreamError) {
        // Nothing is lost: what came before is given out, then the filter is asked again.
        if (i === 0) throw verdict;
        left = own.slice(i);
        break;
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
    candidates = left;
    ready = passed.reverse();
  }
}
