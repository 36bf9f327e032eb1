/** From what the wire brings to batches of events; counts and reports what is invalid, doubled or missing. */
import type { ConsumerStats } from './delivery.js';
import { reportUnheard, StreamError, type StreamErrorCode, toStreamError } from './errors.js';
import type { EventBatch } from './events.js';
import { gap } from './mailbox.js';
import type { AnySubscriber, BatchSubscriber, Codec, Message } from './protocols.js';
import { SequenceTracker } from './sequence.js';

export interface MessageOptions {
  /** How bytes become events. Default: what the subscriber says. */
  readonly codec?: Codec;
  /** Hears of every message and object that is left out because it is not valid. Default: the first of each kind goes to the page's error event. */
  readonly onInvalid?: (error: StreamError) => void;
  /** Hears of everything that is found missing. */
  readonly onGap?: (gap: StreamError) => void;
}

export class MessageReader {
  readonly #stats: ConsumerStats;
  readonly #codec: Codec | undefined;
  readonly #competing: boolean;
  readonly #onInvalid: (error: StreamError) => void;
  readonly #onGap: ((gap: StreamError) => void) | undefined;
  readonly #seen = new SequenceTracker();
  #gap: StreamError | undefined;

  constructor(subscriber: AnySubscriber, { codec, onInvalid = firstOfEachKind(), onGap }: MessageOptions, stats: ConsumerStats) {
    const { codec: own, competing = false } = subscriber as BatchSubscriber;
    this.#codec = codec ?? own;
    this.#competing = competing;
    this.#onInvalid = onInvalid;
    this.#onGap = onGap;
    this.#stats = stats;
  }

  /** Nothing when it is no batch. */
  read(incoming: Message | EventBatch | StreamError): EventBatch | undefined {
    if (incoming instanceof StreamError) {
      if (incoming.code === 'gap') this.#missing(incoming);
      else this.reject(incoming);
      return undefined;
    }
    return 'events' in incoming ? incoming : this.#decode(incoming);
  }

  /** False for what has been read before. */
  isNew({ producer, topic, seq }: EventBatch): boolean {
    if (producer === undefined || seq === undefined) return true;
    const { duplicate, missed } = this.#seen.see(producer, topic, seq);
    if (duplicate) this.#stats.duplicates++;
    if (missed !== 0 && !this.#competing) {
      this.#stats.missed += missed;
      if (missed > 0) this.#missing(gap('sequence', missed, topic));
    }
    return !duplicate;
  }

  /** It comes again, and is no duplicate then. */
  forget({ producer, topic, seq }: EventBatch): void {
    if (producer !== undefined && seq !== undefined) this.#seen.forget(producer, topic, seq);
  }

  /** What was missing before the event that is read now. */
  takeGap(): StreamError | undefined {
    const found = this.#gap;
    this.#gap = undefined;
    return found;
  }

  reject(error: StreamError): void {
    this.#stats.invalid++;
    tell(this.#onInvalid, error);
  }

  #decode({ payload, topic }: Message): EventBatch | undefined {
    try {
      if (this.#codec) return this.#codec.decode(payload, topic);
      throw new StreamError(
        'unsupported',
        'Bytes arrived where events were expected: pass { codec: messagePack }, or the codec of their sender',
      );
    } catch (error) {
      this.reject(toStreamError(error, 'invalid_message', 'The message cannot be decoded'));
      return undefined;
    }
  }

  #missing(news: StreamError): void {
    this.#gap ??= news;
    this.#stats.gaps++;
    if (this.#onGap) tell(this.#onGap, news);
  }
}

/** A listener that fails must not cost any events. */
function tell(listener: (error: StreamError) => void, error: StreamError): void {
  try {
    listener(error);
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
