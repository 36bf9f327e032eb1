/** From what the wire brings to batches of events; counts and reports what is invalid, doubled or missing. */
import { type ConsumerStats, deliveryOf, type EventDelivery } from './delivery.js';
import { reportUnheard, StreamError, type StreamErrorCode, toStreamError } from './errors.js';
import type { EventBatch } from './events.js';
import type { FilterOptions } from './filter.js';
import { gap, isGap } from './gap.js';
import type { AnySubscriber, Arrival, BatchSubscriber, Codec, Message } from './protocols.js';
import { SequenceTracker } from './sequence.js';

export interface MessageOptions {
  /** How bytes become events. Default: what the subscriber says. */
  readonly codec?: Codec;
  /** Hears of every message and object that is left out because it is not valid. Default: the first of each kind goes to the page's error event. */
  readonly onInvalid?: (error: StreamError) => void;
  /** Hears of everything that is found missing. */
  readonly onGap?: (gap: StreamError) => void;
}

export interface MessageReader<T> {
  /** Batches some of whose events are not dealt with, and what is called when all are. */
  readonly unfinished: Set<{ readonly batch: EventBatch; readonly listeners: (() => void)[] }>;
  /** Settles once these can be read, with what is to be read in their place. */
  load(arrivals: readonly Arrival[]): Promise<readonly Arrival[]>;
  /** Adds the events of what has arrived; `done` is called once they are dealt with, at once where there are none. */
  read(arrival: Arrival, into: EventDelivery<T>[], done: () => void): void;
  /** What is unfinished comes again, and is no duplicate then. */
  forget(): void;
  reject(error: StreamError): void;
}

/** `onBatch` hears of every batch that is no duplicate. */
export function openMessageReader<T>(
  subscriber: AnySubscriber,
  { codec, filter, onInvalid = firstOfEachKind(), onGap }: MessageOptions & FilterOptions,
  stats: ConsumerStats,
  onBatch: (batch: EventBatch) => void,
): MessageReader<T> {
  const { codec: own, competing } = subscriber as BatchSubscriber;
  const reading = codec ?? own;
  const seen = new SequenceTracker();
  const unfinished: MessageReader<T>['unfinished'] = new Set();
  /** What is missing before the event that is read next. */
  let before: StreamError | undefined;
  return {
    unfinished,
    async load(arrivals) {
      await reading?.load?.();
      return (reading && (await filter?.incoming?.(arrivals, reading))) ?? arrivals;
    },
    read(arrival, into, done) {
      const batch = batchOf(arrival);
      if (!batch || !isNew(batch)) {
        whenDone(batch, done);
        return;
      }
      const own = { batch, listeners: [done] };
      let left = batch.events.length + 1;
      const settle = () => {
        if (--left > 0) return;
        unfinished.delete(own);
        for (const listener of own.listeners) listener();
      };
      unfinished.add(own);
      onBatch(batch);
      for (const event of batch.events) {
        into.push(deliveryOf(event, batch, before, settle));
        before = undefined;
      }
      settle();
    },
    forget() {
      for (const { batch } of unfinished) {
        // Nothing to forget of a producer that numbers nothing.
        seen.forget(batch.producer as string, batch.topic, batch.seq as number);
      }
      unfinished.clear();
    },
    reject,
  };

  /** Nothing when it is no batch. */
  function batchOf(arrival: Arrival): EventBatch | undefined {
    if (isGap(arrival)) missing(arrival);
    else if (arrival instanceof StreamError) reject(arrival);
    else return 'events' in arrival ? arrival : decode(arrival);
  }

  /** False for what has been read before. */
  function isNew({ producer, topic, seq }: EventBatch): boolean {
    if (producer === undefined || seq === undefined) return true;
    const missed = seen.see(producer, topic, seq);
    if (missed === undefined) stats.duplicates++;
    else if (!competing) {
      stats.missed += missed;
      if (missed > 0) missing(gap('sequence', missed, topic));
    }
    return missed !== undefined;
  }

  /** A batch that came again while it is not finished is done when that one is. */
  function whenDone(copy: EventBatch | undefined, done: () => void): void {
    for (const { batch, listeners } of unfinished) {
      const same = batch.producer === copy?.producer && batch.topic === copy?.topic && batch.seq === copy.seq;
      if (same) return void listeners.push(done);
    }
    done();
  }

  function decode({ payload, topic }: Message): EventBatch | undefined {
    try {
      if (reading) return reading.decode(payload, topic);
      throw new StreamError('unsupported', 'Bytes need a codec: pass { codec: messagePack }');
    } catch (error) {
      reject(toStreamError(error, 'invalid_message', 'It cannot be read'));
    }
  }

  function reject(error: StreamError): void {
    stats.invalid++;
    tell(onInvalid, error);
  }

  function missing(news: StreamError): void {
    before ??= news;
    stats.gaps++;
    tell(onGap, news);
  }
}

/** A listener that fails must not cost any events. */
function tell(listener: ((error: StreamError) => void) | undefined, error: StreamError): void {
  try {
    listener?.(error);
  } catch (failure) {
    reportUnheard(failure);
  }
}

/** A flood of bad messages must not become a flood of reports; `stats.invalid` has the number. */
function firstOfEachKind(): (error: StreamError) => void {
  const reported = new Set<StreamErrorCode>();
  return (error) => {
    if (!reported.has(error.code)) reportUnheard(error);
    reported.add(error.code);
  };
}
