/**
 * Sends objects as events of topics.
 *
 * ```ts
 * await using producer = new StreamProducer<Quake>(new BroadcastChannelPublisher());
 * await producer.send('quakes/us', quake, { metadata: { mag: quake.mag } });
 * await producer.closeTopics('quakes/us');
 * ```
 */
import { check, checkCount } from './check.js';
import { closedError, reportUnheard, StreamError } from './errors.js';
import type { Metadata } from './events.js';
import { type FilterOptions, openGate } from './filter.js';
import { toHex } from './hex.js';
import type { Aggregator } from './outgoing-batch.js';
import { openOutlet } from './outlet.js';
import type { Codec, EventPublisher, Lifetime, Publisher, Store } from './protocols.js';
import type { ProducerStats } from './publish-line.js';
import { Room } from './room.js';
import { failuresOf, throwAny } from './settle.js';
import { checkTopic } from './topic.js';
import { openTopic, type TopicSettings, type TopicStream } from './topic-stream.js';

export interface ProducerOptions<T> extends FilterOptions {
  /** Makes one object of each batch; the metadata becomes the union, later ones winning. */
  readonly aggregator?: Aggregator<T>;
  /** Events that make a batch due. With 1 (default) every event is due at once, and what is sent meanwhile leaves together. */
  readonly batchSize?: number;
  /** Bytes of a batch at most. Default: what the publisher asks for, else 1 MiB. */
  readonly batchBytes?: number;
  /** Publishes a partial batch at most this many milliseconds after its first event. Default: only `flush` does. */
  readonly lingerMs?: number;
  /** Where the objects of topics without an entry in `stores` go. Default: they travel in the event. */
  readonly defaultStore?: Store;
  /** The store of each topic; `undefined` as an entry means in the event. */
  readonly stores?: Readonly<Record<string, Store | undefined>>;
  /** How events become bytes. Default: what the publisher says. */
  readonly codec?: Codec;
  /** Events that may wait before `send` waits too. Default 16,384. */
  readonly highWaterMark?: number;
  /** The same in bytes, roughly. Default 64 MiB. */
  readonly highWaterBytes?: number;
  /** Hears of failures that no caller waits for (a lingering batch). Default: the page's error event. */
  readonly onError?: (error: unknown) => void;
}

export interface ProducerSendOptions {
  /** How long the object stays in its store. Default true: until it was resolved once. An aggregated object has the first lifetime but `false`. */
  readonly evict?: Lifetime;
  /** What filters see. Copied. */
  readonly metadata?: Metadata;
  /** Takes the event back while it has not left; afterwards it only ends the wait. */
  readonly signal?: AbortSignal;
}

export interface ProducerCloseOptions {
  /** Topics whose streams end. */
  readonly topics?: readonly string[];
  /** Closes the publisher too. Default true. */
  readonly publisher?: boolean;
  /** Closes the stores too. Default false. */
  readonly stores?: boolean;
  /** How long flushing may take, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
}

export class StreamProducer<T> implements AsyncDisposable {
  /** Identifies this producer's batches; new for every producer. */
  readonly id = toHex(crypto.getRandomValues(new Uint8Array(16)));
  readonly stats: ProducerStats = { events: 0, batches: 0, dropped: 0, failures: 0 };
  readonly #settings: Omit<TopicSettings<T>, 'topic' | 'store'> &
    Pick<ProducerOptions<T>, 'defaultStore'> &
    Required<Pick<ProducerOptions<T>, 'stores'>>;
  readonly #topics = new Map<string, TopicStream<T>>();
  #closing: Promise<void> | undefined;

  constructor(publisher: Publisher | EventPublisher, options: ProducerOptions<T> = {}) {
    const {
      batchSize = 1,
      batchBytes,
      lingerMs,
      highWaterMark = 2 ** 14,
      highWaterBytes = 64 * 2 ** 20,
      stores = {},
      onError = reportUnheard,
    } = options;
    checkCount('batchSize', batchSize);
    checkCount('highWaterMark', highWaterMark);
    checkCount('batchBytes', batchBytes ?? 1);
    check((lingerMs ?? 0) >= 0, 'lingerMs', lingerMs, 'a number of milliseconds');
    const judge = openGate(options);
    this.#settings = {
      ...options,
      producer: this.id,
      publisher,
      ...openOutlet(publisher, options.codec),
      judge: options.filter && judge,
      room: new Room(Math.max(highWaterMark, batchSize), highWaterBytes),
      batchSize,
      stores,
      stats: this.stats,
      onError,
      hurry: () => {
        for (const stream of this.#topics.values()) stream.hurry();
      },
    };
  }

  /**
   * With `batchSize` 1 it settles when the event is published; with more, when it is buffered – but the send that fills the batch settles
   * with the batch. Do not change the object before that. Waits while more than `highWaterMark` events do.
   * Rejects with `TopicClosedError`, `closed`, `not_encodable`, or what the publisher, store or aggregator failed with: then the event
   * stays first in line for the next send or flush, unless the error can never pass (`retryable` is false). Rejects with
   * `overflow` when there is no room for it and publishing fails: then it was not taken.
   */
  send(topic: string, object: T, { evict = true, metadata, signal }: ProducerSendOptions = {}): Promise<void> {
    // Not `async`: that would be a second promise for each event.
    try {
      return this.#stream(topic).send(object, metadata, evict, signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Settles when everything sent before, on any topic, is published, and where the publisher has a `flush` of its own, when that has: through an outbox
   * it has arrived. Rejects as `send` does, or as that `flush`. Once closed, it settles as `close` did.
   */
  async flush({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    if (this.#closing) return this.#closing;
    await all([...this.#topics.values()].map((stream) => stream.flush(signal)));
    await this.#settings.publisher.flush?.({ signal });
  }

  /** The same of one topic, but without the publisher's own `flush`. */
  async flushTopic(topic: string, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    checkTopic(topic);
    await (this.#closing ?? this.#topics.get(topic)?.flush(signal));
  }

  /** Ends the streams of these topics behind everything sent; settles when that is published. Asked again, it ends nothing twice. */
  async closeTopics(...topics: readonly string[]): Promise<void> {
    const streams = topics.map((topic) => this.#stream(topic));
    await all(streams.map((stream) => stream.flush(undefined, true)));
  }

  /**
   * Ends `topics`, flushes the others, and closes the publisher unless told not to, and the stores if told to. Closes all of them even when
   * something fails, and then rejects with the failure; `timeout` when flushing takes longer than `timeoutMs` (a broker that is not there).
   * It flushes into the publisher and waits for nothing beyond: what an outbox has stored by then, it still sends when it is next opened. Idempotent.
   */
  async close({ topics = [], publisher = true, stores = false, timeoutMs = 30_000 }: ProducerCloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(topics.map(checkTopic), publisher, stores, timeoutMs);
    await this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Each write settles like `send`; closing the stream ends the topic. A failed write errors the stream, and what was sent stays in line. */
  writable(topic: string): WritableStream<T> {
    checkTopic(topic);
    return new WritableStream<T>({
      write: (object, controller) => this.send(topic, object, { signal: controller.signal }),
      close: () => this.closeTopics(topic),
    });
  }

  async #close(topics: readonly string[], closesPublisher: boolean, closesStores: boolean, timeoutMs: number): Promise<void> {
    const late = new AbortController();
    const closed = closedError();
    const timer = setTimeout(() => late.abort(new StreamError('timeout', `Not published within ${timeoutMs} ms`)), timeoutMs);
    const ending = topics.map((topic) => this.#stream(topic));
    const { publisher, room, stores, defaultStore } = this.#settings;
    const streams = [...this.#topics.values()];
    const failures = await failuresOf(streams.map((stream) => stream.flush(late.signal, ending.includes(stream))));
    clearTimeout(timer);
    room.close(closed);
    await failuresOf(
      streams.map((stream) => stream.close(closed)),
      failures,
    );
    // The publisher first, whatever comes of it.
    const closing = new Set([closesPublisher && publisher, ...(closesStores ? [...Object.values(stores), defaultStore] : [])]);
    for (const part of closing) if (part) await failuresOf([(async () => part.close())()], failures);
    throwAny(failures);
  }

  #stream(topic: string): TopicStream<T> {
    if (this.#closing) throw closedError();
    let stream = this.#topics.get(topic);
    if (!stream) {
      const { stores, defaultStore } = this.#settings;
      const store = Object.hasOwn(stores, topic) ? stores[topic] : defaultStore;
      stream = openTopic({ ...this.#settings, topic: checkTopic(topic), store });
      this.#topics.set(topic, stream);
    }
    return stream;
  }
}

async function all(work: readonly Promise<unknown>[]): Promise<void> {
  throwAny(await failuresOf(work));
}
