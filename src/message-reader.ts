/** From what the wire brings to batches of events; counts and reports what is invalid, doubled or missing. */
import type { ConsumerStats } from './delivery.js';
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

export interface MessageReader {
  /** Settles once these can be read, with what is to be read in their place. */
  load(arrivals: readonly Arrival[]): Promise<readonly Arrival[]>;
  /** Nothing when it is no batch. */
  read(incoming: Arrival): EventBatch | undefined;
  /** False for what has been read before. */
  isNew(batch: EventBatch): boolean;
  /** It comes again, and is no duplicate then. */
  forget(batch: EventBatch): void;
  /** What was missing before the event that is read now. */
  takeGap(): StreamError | undefined;
  reject(error: StreamError): void;
}

export function openMessageReader(
  subscriber: AnySubscriber,
  { codec, filter, onInvalid = firstOfEachKind(), onGap }: MessageOptions & FilterOptions,
  stats: ConsumerStats,
): MessageReader {
  const { codec: own, competing } = subscriber as BatchSubscriber;
  const reading = codec ?? own;
  const seen = new SequenceTracker();
  let before: StreamError | undefined;
  return {
    async load(arrivals) {
      await reading?.load?.();
      return (reading && (await filter?.incoming?.(arrivals, reading))) ?? arrivals;
    },
    read(incoming) {
      if (isGap(incoming)) missing(incoming);
      else if (incoming instanceof StreamError) reject(incoming);
      else return 'events' in incoming ? incoming : decode(incoming);
    },
    isNew({ producer, topic, seq }) {
      if (producer === undefined || seq === undefined) return true;
      const missed = seen.see(producer, topic, seq);
      if (missed === undefined) stats.duplicates++;
      else if (!competing) {
        stats.missed += missed;
        if (missed > 0) missing(gap('sequence', missed, topic));
      }
      return missed !== undefined;
    },
    forget({ producer, topic, seq }) {
      if (producer !== undefined && seq !== undefined) seen.forget(producer, topic, seq);
    },
    takeGap() {
      const found = before;
      before = undefined;
      return found;
    },
    reject,
  };

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
