/**
 * In memory: the smallest shim, to read first. One `Queue` between publishers and subscribers of the same page;
 * each message goes to exactly one subscriber, and a full queue makes `send` wait.
 *
 * ```ts
 * const queue = new Queue();
 * const producer = new StreamProducer(new QueuePublisher(queue));
 * const consumer = new StreamConsumer(new QueueSubscriber(queue, 'plant/+'));
 * ```
 */
import { closedError } from '../errors.js';
import type { EventBatch } from '../events.js';
import { Mailbox, payloads } from '../mailbox.js';
import type { Batch, BatchOptions, EventPublisher, EventSubscriber, Message, Publisher, SendOptions } from '../protocols.js';
import { roughBatchBytes } from '../rough-bytes.js';
import { checkTopic, topicMatcher } from '../topic.js';

export interface QueueOptions {
  /** Default 1,024. */
  readonly maxMessages?: number;
  /** Default 64 MiB; batches of events are estimated. */
  readonly maxBytes?: number;
}

/** What publishers and subscribers share. A message stays until the subscriber that took it acknowledges it. */
export class Queue {
  /** For the two classes below. */
  readonly mailbox: Mailbox<Message | EventBatch>;

  constructor({ maxMessages = 1024, maxBytes }: QueueOptions = {}) {
    this.mailbox = new Mailbox(maxBytes === undefined ? { maxMessages } : { maxMessages, maxBytes });
  }

  /** Messages waiting or taken and not acknowledged. */
  get size(): number {
    return this.mailbox.size;
  }
}

/** `send` settles when the message is in the queue. */
export class QueuePublisher implements Publisher, EventPublisher {
  readonly #queue: Queue;
  /** One for each send that waits: thousands of listeners on one signal would be slow. */
  readonly #waits = new Set<AbortController>();
  #closed = false;

  constructor(queue: Queue) {
    this.#queue = queue;
  }

  async send(topic: string, message: Uint8Array, options: SendOptions = {}): Promise<void> {
    // The caller may go on using its buffer.
    await this.#put({ topic: checkTopic(topic), payload: message.slice() }, message.length, options);
  }

  async sendEvents(batch: EventBatch, options: SendOptions = {}): Promise<void> {
    checkTopic(batch.topic);
    await this.#put(batch, roughBatchBytes(batch), options);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const wait of this.#waits) wait.abort(closedError());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #put(message: Message | EventBatch, bytes: number, { signal }: SendOptions): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closed) throw closedError();
    const wait = new AbortController();
    this.#waits.add(wait);
    try {
      await this.#queue.mailbox.put(message, bytes, signal ? AbortSignal.any([signal, wait.signal]) : wait.signal);
    } finally {
      this.#waits.delete(wait);
    }
  }
}

/** Competes with the queue's other subscribers for the topics it matches. */
export class QueueSubscriber implements EventSubscriber {
  readonly competing = true;
  readonly #queue: Queue;
  readonly #matches: (topic: string) => boolean;
  readonly #closed = new AbortController();

  constructor(queue: Queue, topicFilter = '#') {
    this.#queue = queue;
    this.#matches = topicMatcher(topicFilter);
  }

  batches(options: BatchOptions = {}): AsyncIterable<Batch<Message | EventBatch>> {
    return this.#queue.mailbox.batches({ ...options, accept: ({ topic }) => this.#matches(topic), until: this.#closed.signal });
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return payloads(this.batches({ max: 1 }));
  }

  async ready(): Promise<void> {}

  async close(): Promise<void> {
    this.#closed.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
