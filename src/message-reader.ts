/** From what the wire brings to batches of events; counts and reports what is invalid, doubled or missing. */
import { type ConsumerStats, deliveryOf, type EventDelivery } from './delivery.js';
import { reportUnheard, StreamError, type StreamErrorCode, toStreamError } from './errors.js';
import type { EventBatch } from './events.js';
import type { FilterOptions } from './filter.js';
import { gap, isGap } from './gap.js';
import type { AnySubscriber, Arrival, BatchSubscriber, Codec } from './protocols.js';
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
  /** Batches some of whose events are not dealt with, and what is to be called when all are. */
  readonly open: Set<{ readonly batch: EventBatch; done: () => void }>;
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
  const open: MessageReader<T>['open'] = new Set();
  /** What is missing before the event that is read next. */
  let before: StreamError | undefined;
  return {
    open,
    async load(arrivals) {
      await reading?.load?.();
      return (reading && (await filter?.incoming?.(arrivals, reading))) ?? arrivals;
    },
    read(arrival, into, done) {
      const batch = batchOf(arrival);
      if (!batch) return done();
      const { producer, topic, seq } = batch;
      const missed = producer === undefined || seq === undefined ? 0 : seen.see(producer, topic, seq);
      if (missed === undefined) return again(batch, done);
      if (!competing) {
        stats.missed += missed;
        if (missed > 0) missing(gap('sequence', missed, topic));
      }
      const own = { batch, done };
      let left = batch.events.length + 1;
      const settle = () => {
        if (--left > 0) return;
        open.delete(own);
        own.done();
      };
      open.add(own);
      onBatch(batch);
      for (const event of batch.events) {
        into.push(deliveryOf(event, batch, before, settle));
        before = undefined;
      }
      settle();
    },
    forget() {
      for (const { batch } of open) {
        // Nothing to forget of a producer that numbers nothing.
        seen.forget(batch.producer as string, batch.topic, batch.seq as number);
      }
      open.clear();
    },
    reject,
  };

  /** Nothing when it is no batch. */
  function batchOf(arrival: Arrival): EventBatch | undefined {
    try {
      if (isGap(arrival)) missing(arrival);
      else if (arrival instanceof StreamError) throw arrival;
      else if ('events' in arrival) return arrival;
      else if (reading) return reading.decode(arrival.payload, arrival.topic);
      else throw new StreamError('unsupported', 'Bytes need a codec: pass { codec: messagePack }');
    } catch (error) {
      reject(toStreamError(error, 'invalid_message', 'It cannot be read'));
    }
  }

  /** A batch that came again while it is not finished is done when that one is. */
  function again({ producer, topic, seq }: EventBatch, done: () => void): void {
    stats.duplicates++;
    for (const other of open) {
      const { batch, done: first } = other;
      if (batch.producer === producer && batch.topic === topic && batch.seq === seq) {
        other.done = () => {
          first();
          done();
        };
        return;
      }
    }
    done();
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
