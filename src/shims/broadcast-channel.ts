/**
 * Between the tabs, frames and workers of one origin, by structured clone: events need no codec. Whoever is not there misses it.
 *
 * ```ts
 * const producer = new StreamProducer(new BroadcastChannelPublisher());
 * const consumer = new StreamConsumer(new BroadcastChannelSubscriber('quakes/+')); // in any other tab, or this one
 * ```
 */
import { Backlog } from '../backlog.js';
import { Bell } from '../bell.js';
import { closedError, StreamError, toStreamError } from '../errors.js';
import { type EventBatch, type InlineEvent, invalid, type StreamEvent, toWire, WIRE_VERSION } from '../events.js';
import { gap } from '../gap.js';
import { payloads } from '../payloads.js';
import type { Batch, BatchOptions, BufferOptions, EventPublisher, EventSubscriber, Message, Publisher, SendOptions } from '../protocols.js';
import { demand, list, readBatch } from '../read-batch.js';
import { roughBatchBytes } from '../rough-bytes.js';
import { taskBegan } from '../task.js';
import { checkTopic, topicMatcher } from '../topic.js';

export interface BroadcastChannelOptions {
  /** Name of the channel; tabs that use the same one hear each other. Default `'proxystream'`. */
  readonly channel?: string;
}

/** Default buffer: 10,000 messages, 64 MiB, `overflow: 'error'` – the channel cannot be held back. */
export type BroadcastChannelSubscriberOptions = BroadcastChannelOptions & BufferOptions;

const CHANNEL = 'proxystream';
const BYTES = 'bytes';
const PING = 'ping';

/** A channel that is open only while its page is in use: a message to a page in the back/forward cache would throw it out of there. */
interface Line {
  /** The channel, opened if it is not. */
  open(): BroadcastChannel;
  close(): void;
}

/** `comeBack` is called when the page is in use again. */
function openLine(name: string, comeBack?: () => void): Line {
  let channel: BroadcastChannel | undefined;
  const leave = () => {
    close();
    if (comeBack) addEventListener('pageshow', comeBack, { once: true });
  };
  return {
    open() {
      if (!channel) globalThis.addEventListener?.('pagehide', leave);
      channel ??= new BroadcastChannel(name);
      return channel;
    },
    close,
  };

  function close(): void {
    globalThis.removeEventListener?.('pagehide', leave);
    channel?.close();
    channel = undefined;
  }
}

/** `send` and `sendEvents` settle when the message is posted. */
export class BroadcastChannelPublisher implements Publisher, EventPublisher {
  readonly #line: Line;
  #closed = false;

  constructor({ channel = CHANNEL }: BroadcastChannelOptions = {}) {
    this.#line = openLine(channel);
  }

  async send(topic: string, message: Uint8Array, options?: SendOptions): Promise<void> {
    // A view is cloned with all of its buffer.
    this.#post([BYTES, topic, message.byteLength === message.buffer.byteLength ? message : message.slice()], options);
  }

  async sendEvents({ topic, producer, seq, stores, events }: EventBatch, options?: SendOptions): Promise<void> {
    this.#post([WIRE_VERSION, topic, producer, seq, stores, ...inColumns(events)], options);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#line.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #post(message: readonly [kind: unknown, topic: string, ...content: unknown[]], options: SendOptions | undefined): void {
    checkTopic(message[1]);
    options?.signal?.throwIfAborted();
    if (this.#closed) throw closedError();
    try {
      this.#line.open().postMessage(message);
    } catch (error) {
      throw toStreamError(error, 'not_encodable', 'Structured clone refuses it');
    }
  }
}

export class BroadcastChannelSubscriber implements EventSubscriber {
  readonly #line: Line;
  readonly #matches: (topic: string) => boolean;
  readonly #backlog: Backlog<Message | EventBatch>;
  readonly #heard = new Bell();

  constructor(topicFilter: string, { channel = CHANNEL, ...buffer }: BroadcastChannelSubscriberOptions = {}) {
    this.#matches = topicMatcher(topicFilter);
    this.#line = openLine(channel, () => {
      this.#listen();
      this.#backlog.notify(gap('suspended'));
    });
    this.#backlog = new Backlog(buffer);
  }

  /** Messages lost to the overflow policy. */
  get dropped(): number {
    return this.#backlog.dropped;
  }

  /** Listens from this call on. */
  batches(options?: BatchOptions): AsyncIterable<Batch<Message | EventBatch>> {
    this.#listen();
    return this.#backlog.batches(options);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return payloads(this);
  }

  /** Registering a listener takes a moment; settles when it is done and nothing posted from now on is missed, at the latest when closed. */
  async ready(): Promise<void> {
    const channel = this.#listen();
    if (!channel) return;
    // Whoever hears anything at all is registered; but a channel never hears itself.
    const other = new BroadcastChannel(channel.name);
    other.postMessage([PING]);
    await this.#heard.next();
    other.close();
  }

  async close(): Promise<void> {
    this.#backlog.close();
    this.#line.close();
    this.#heard.ring();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Nothing when closed. */
  #listen(): BroadcastChannel | undefined {
    if (this.#backlog.closed) return undefined;
    const channel = this.#line.open();
    channel.onmessage = ({ data }) => this.#receive(data);
    channel.onmessageerror = () => this.#backlog.notify(invalid('it cannot be read here'));
    return channel;
  }

  #receive(data: unknown): void {
    taskBegan();
    this.#heard.ring();
    try {
      const [kind, topic, payload] = list(data);
      if (kind === PING) return;
      demand(typeof topic === 'string', 'topic');
      if (!this.#matches(topic)) return;
      if (kind === BYTES) {
        demand(payload instanceof Uint8Array, 'payload');
        this.#accept({ topic, payload }, payload.length);
      } else {
        const batch = readBatch(data);
        this.#accept(batch, roughBatchBytes(batch));
      }
    } catch (error) {
      this.#backlog.notify(toStreamError(error, 'invalid_message', 'It cannot be read'));
    }
  }

  #accept(message: Message | EventBatch, bytes: number): void {
    const { maxBytes } = this.#backlog;
    if (bytes > maxBytes) throw new StreamError('too_large', `${bytes} bytes are over maxBytes`, { bytes });
    this.#backlog.push(message, bytes);
    if (this.#backlog.closed) this.#line.close(); // full, and told to fail then
  }
}

/** Metadata and objects in a list each, where all is inline: a list per event would cost structured clone half as much again as the objects do. */
function inColumns(events: readonly StreamEvent[]): (readonly unknown[])[] {
  const allInline = events.every((event): event is InlineEvent => event.type === 'inline');
  return allInline ? [events.map(({ metadata }) => metadata), events.map(({ object }) => object)] : [events.map(toWire)];
}
