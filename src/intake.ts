/** What a consumer does with messages before anyone sees their events: decode, count, filter, check – a group at a time. And who gets which, in turn. */
import { after } from './after.js';
import type { ConsumerStats, Delivery, EventDelivery } from './delivery.js';
import { type EndOfStreamRule, openEndRule } from './end-of-stream.js';
import { reportUnheard, StreamError, toStreamError } from './errors.js';
import { type FilterOptions, openGate } from './filter.js';
import { DONE, found, type Result } from './iterate.js';
import { type MessageOptions, openMessageReader } from './message-reader.js';
import { openObjectReader, type ReaderOptions } from './object-reader.js';
import type { AnySubscriber, Arrival, GetOptions } from './protocols.js';
import { type Incoming, ledger, sourceOf } from './source.js';
import { openTurn } from './task.js';
import { unlessAborted } from './unless-aborted.js';

export interface IntakeOptions<T> extends FilterOptions, ReaderOptions<T>, MessageOptions {
  /** When the stream is over. Default `'first'`. */
  readonly endOfStream?: EndOfStreamRule;
}

/** What a call makes of its event. */
type View<T, R> = (delivery: Delivery<T>) => R | Promise<R>;

/** Events judged and decoded in one go: enough for a filter to be asked in batches, little enough to stay smooth. */
const GROUP = 256;

export interface Intake<T> {
  readonly stats: ConsumerStats;
  /**
   * What `view` makes of the next event, in turn, and at once when it can; done once the stream has ended or is closed. With `pull` it acknowledges the
   * event before, and the next such call this one. Rejects as `StreamConsumer.next` says; that loses nothing.
   */
  deliver<R>(view: View<T, R>, options?: Pick<GetOptions, 'signal'>, pull?: boolean): Promise<Result<R>>;
  /** Hands everything unfinished back, and ends every wait. */
  leave(): Promise<void>;
  /** The same, for good; then closes the subscriber, and the stores that were opened here, if told to. */
  close(alsoSubscriber: boolean, alsoStores: boolean): Promise<void>;
}

export function openIntake<T>(subscriber: AnySubscriber, options: IntakeOptions<T>): Intake<T> {
  const stats: ConsumerStats = { events: 0, dropped: 0, invalid: 0, duplicates: 0, gaps: 0, missed: 0, filterErrors: 0 };
  const objects = openObjectReader(options);
  const judge = openGate(options, () => stats.filterErrors++);
  const rule = openEndRule(options.endOfStream ?? 'first');
  const reader = openMessageReader<T>(subscriber, options, stats, rule.saw);
  const rest = openTurn();
  let source: AsyncIterator<Incoming> | undefined;
  let pulling = false;
  /** Goes on in what the subscriber brought last, while not all of that is read. */
  let readOn: (() => void) | undefined;
  /** Read, not yet past the filter. */
  let candidates: EventDelivery<T>[] = [];
  /** Past it, ends of streams among them; the next one is the last. */
  let ready: EventDelivery<T>[] = [];
  let filling: Promise<void> | undefined;
  let wake: (() => void) | undefined;
  /** Missing before the next event that is given out. */
  let gapBefore: StreamError | undefined;
  /** The call that is served now. */
  let turn: Promise<unknown> | undefined;
  /** Acknowledged by asking for the next. */
  let last: EventDelivery<T> | undefined;
  /** Sticky. */
  let ended = false;
  /** Counts how often the reading began anew. */
  let visit = 0;

  return {
    stats,
    async deliver<R>(view: View<T, R>, { signal }: Pick<GetOptions, 'signal'> = {}, pull = true): Promise<Result<R>> {
      const own = visit;
      while (turn) await turn;
      if (own !== visit) return DONE;
      if (pull) {
        last?.ack();
        last = undefined;
      }
      const show = (delivery: EventDelivery<T> | undefined): Result<R> | Promise<Result<R>> => {
        if (!delivery) return DONE;
        if (pull) last = delivery;
        return after(view(delivery), found<R>);
      };
      const work = after(poll() ?? take(signal), show);
      if (!(work instanceof Promise)) return work;
      const putBack = () => {
        // An event whose object nobody waited for is the next call's.
        if (!signal?.aborted || !pull || !last) return;
        ready.push(last);
        stats.events--;
        last = undefined;
      };
      // Whoever comes meanwhile waits: arrivals stay in order.
      turn = work.catch(putBack).then(() => {
        turn = undefined;
      });
      return work;
    },
    leave,
    async close(alsoSubscriber, alsoStores) {
      ended = true;
      try {
        await leave();
        if (alsoSubscriber) await subscriber.close();
      } finally {
        if (alsoStores) await objects.close();
      }
    },
  };

  function leave(): Promise<void> {
    visit++;
    last = undefined;
    filling = undefined;
    wake?.();
    return giveBack();
  }

  /** The next event that is ready now. */
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

  /** The next event when there is one; nothing once the stream has ended, or was left. */
  async function take(signal: AbortSignal | undefined): Promise<EventDelivery<T> | undefined> {
    const own = visit;
    while (own === visit && !ended) {
      signal?.throwIfAborted();
      // What makes events ready goes on though nobody waits for it: its outcome is for the next one who does.
      filling ??= new Promise<void>((resolve, reject) => {
        wake = resolve;
        fill().then(resolve, reject);
      });
      try {
        await unlessAborted(filling, signal);
      } finally {
        if (!signal?.aborted) filling = undefined;
      }
      const next = poll();
      if (next) return next;
    }
    await leaveFinished();
    return undefined;
  }

  async function leaveFinished(): Promise<void> {
    if (ended && reader.open.size === 0) await giveBack();
  }

  async function giveBack(): Promise<void> {
    reader.forget();
    candidates = [];
    ready = [];
    readOn = undefined;
    const leaving = source?.return?.();
    leaving?.catch(() => {});
    // A generator answers only after its pending next has; nobody should wait for that.
    const left = pulling ? undefined : leaving;
    source = undefined;
    pulling = false;
    await left;
  }

  async function fill(): Promise<void> {
    const own = visit;
    await rest();
    if (own !== visit) return;
    if (candidates.length === 0) {
      if (!readOn) await pull(own);
      if (own !== visit) return;
      readOn?.();
    }
    const verdicts = options.filter ? await judge(candidates.map(({ metadata }) => metadata)) : [];
    if (own !== visit) return;
    const passed: EventDelivery<T>[] = [];
    let judged = 0;
    for (const delivery of candidates) {
      const { event, batch } = delivery;
      const verdict = verdicts[judged];
      if (verdict instanceof StreamError) {
        // Nothing is lost: what came before is given out, then the filter is asked again.
        if (judged === 0) throw verdict;
        break;
      }
      judged++;
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
        reader.reject(toStreamError(error, verdict ? 'object_missing' : 'schema_mismatch', verdict ? 'Not evicted' : 'The schema threw'));
        delivery.ack();
      }
      if (own !== visit) return;
    }
    candidates = candidates.slice(judged);
    ready = passed.reverse();
  }

  async function pull(own: number): Promise<void> {
    try {
      source ??= sourceOf(subscriber);
      pulling = true;
      const { done, value } = await source.next();
      const messages = done ? [] : await reader.load(value.messages);
      if (own !== visit) return;
      pulling = false;
      if (done) ended = true;
      else readOn = reading(messages.entries(), ledger(value));
    } catch (error) {
      if (own === visit) await giveBack();
      throw error;
    }
  }

  /** Reads messages until there is a group of events. */
  function reading(messages: Iterable<[number, Arrival]>, finish: (index: number) => void): () => void {
    return () => {
      candidates = [];
      for (const [index, message] of messages) {
        reader.read(message, candidates, () => {
          finish(index);
          leaveFinished().catch(reportUnheard);
        });
        // What follows an end may be nobody's.
        if (candidates.length >= GROUP || candidates.at(-1)?.event.type === 'end') return;
      }
      readOn = undefined;
    };
  }
}
