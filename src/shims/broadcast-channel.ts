/**
 * Between the tabs, frames and workers of one origin, by structured clone: events need no codec. Whoever is not there misses it.
 *
 * ```ts
 * const producer = new StreamProducer(new BroadcastChannelPublisher());
 * const consumer = new StreamConsumer(new BroadcastChannelSubscriber('quakes/+')); // in any other tab, or this one
 * ```
 */
import { StreamError, toStreamError } from '../errors.js';
import { type EventBatch, invalid, readBatch, toWire, WIRE_VERSION } from '../events.js';
import { gap, Mailbox, payloads } from '../mailbox.js';
import type { Batch, BatchOptions, BufferOptions, EventPublisher, EventSubscriber, Message, Publisher, SendOptions } from '../protocols.js';
import { roughBatchBytes } from '../rough-bytes.js';
import { checkTopic, topicMatcher } from '../topic.js';

export interface BroadcastChannelOptions {
  /** Name of the channel; tabs that use the same one hear each other. Default `'proxystream'`. */
  readonly channel?: string;
}

/** Default buffer: 10,000 messages, 64 MiB, `overflow: 'error'` – the channel cannot be held back. */
export type BroadcastChannelSubscriberOptions = BroadcastChannelOptions & BufferOptions;

const BYTES = 'bytes';
const PING = 'ping';

/** `send` and `sendEvents` settle when the message is posted. */
export class BroadcastChannelPublisher implements Publisher, EventPublisher {
  readonly #name: string;
  #channel: BroadcastChannel | undefined;
  #closed = false;

  constructor({ channel = 'proxystream' }: BroadcastChannelOptions = {}) {
    this.#name = channel;
  }

  async send(topic: string, message: Uint8Array, { signal }: SendOptions = {}): Promise<void> {
    checkTopic(topic);
    signal?.throwIfAborted();
    // A view is cloned with all of its buffer.
    this.#post([BYTES, topic, message.byteLength === message.buffer.byteLength ? message : message.slice()]);
  }

  async sendEvents({ topic, producer, seq, stores, events }: EventBatch, { signal }: SendOptions = {}): Promise<void> {
    checkTopic(topic);
    signal?.throwIfAborted();
    this.#post([WIRE_VERSION, topic, producer, seq, stores, events.map(toWire)]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#hangUp();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #post(data: unknown): void {
    if (this.#closed) throw new StreamError('closed', 'This publisher is closed: open a new one');
    if (!this.#channel) {
      this.#channel = new BroadcastChannel(this.#name);
      // A page that listens is thrown out of the back/forward cache by the next message; the next post opens the channel again.
      globalThis.addEventListener?.('pagehide', this.#hangUp, { once: true });
    }
    try {
      this.#channel.postMessage(data);
    } catch (error) {
      throw toStreamError(error, 'not_encodable', 'Structured clone refuses it');
    }
  }

  #hangUp = (): void => {
    globalThis.removeEventListener?.('pagehide', this.#hangUp);
    this.#channel?.close();
    this.#channel = undefined;
  };
}

export class BroadcastChannelSubscriber implements EventSubscriber {
  readonly #name: string;
  readonly #matches: (topic: string) => boolean;
  readonly #maxBytes: number;
  readonly #mailbox: Mailbox<Message | EventBatch>;
  readonly #pings = new Map<string, () => void>();
  #channel: BroadcastChannel | undefined;

  constructor(
    topicFilter: string,
    { channel = 'proxystream', maxBytes = 64 * 2 ** 20, ...buffer }: BroadcastChannelSubscriberOptions = {},
  ) {
    this.#matches = topicMatcher(topicFilter);
    this.#name = channel;
    this.#maxBytes = maxBytes;
    this.#mailbox = new Mailbox({ ...buffer, maxBytes });
  }

  /** Messages lost to the overflow policy. */
  get dropped(): number {
    return this.#mailbox.dropped;
  }

  /** Listens from this call on. */
  batches(options?: BatchOptions): AsyncIterable<Batch<Message | EventBatch>> {
    this.#listen();
    return this.#mailbox.batches(options);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return payloads(this.batches({ max: 1 }));
  }

  /** Registering a listener takes a moment; settles when it is done and nothing posted from now on is missed, at the latest when closed. */
  async ready(): Promise<void> {
    this.#listen();
    if (!this.#channel) return;
    const nonce = crypto.randomUUID();
    const heard = new Promise<void>((resolve) => this.#pings.set(nonce, resolve));
    // A channel never hears itself.
    const other = new BroadcastChannel(this.#name);
    other.postMessage([PING, nonce]);
    await heard;
    other.close();
  }

  async close(): Promise<void> {
    this.#mailbox.close();
    this.#hangUp();
    globalThis.removeEventListener?.('pagehide', this.#hangUp);
    globalThis.removeEventListener?.('pageshow', this.#comeBack);
    for (const answer of this.#pings.values()) answer();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #listen(): void {
    if (this.#channel || this.#mailbox.closed) return;
    this.#dial();
    globalThis.addEventListener?.('pagehide', this.#hangUp);
    globalThis.addEventListener?.('pageshow', this.#comeBack);
  }

  #dial(): void {
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }) => this.#receive(data);
    this.#channel.onmessageerror = () => this.#mailbox.notify(invalid('it cannot be deserialised here'));
  }

  /** A message to a page in the back/forward cache would throw it out of there. */
  #hangUp = (): void => {
    this.#channel?.close();
    this.#channel = undefined;
  };

  #comeBack = ({ persisted }: PageTransitionEvent): void => {
    if (!persisted || this.#channel) return;
    this.#dial();
    this.#mailbox.notify(gap('suspended'));
  };

  #receive(data: unknown): void {
    try {
      const [kind, topic] = Array.isArray(data) ? data : [];
      if (kind === PING) this.#answer(topic);
      else if (typeof topic !== 'string') throw invalid('it has no topic');
      else if (this.#matches(topic)) this.#accept(kind === BYTES ? readBytes(data as unknown[]) : readEvents(data));
    } catch (error) {
      this.#mailbox.notify(toStreamError(error, 'invalid_message', 'A message cannot be read'));
    }
  }

  #accept(message: Message | EventBatch): void {
    const bytes = 'events' in message ? roughBatchBytes(message) : message.payload.length;
    if (bytes > this.#maxBytes)
      throw new StreamError('too_large', `A message of about ${bytes} bytes is over maxBytes (${this.#maxBytes})`, { bytes });
    this.#mailbox.push(message, bytes);
    if (this.#mailbox.closed) this.#hangUp(); // full, and told to fail then
  }

  #answer(nonce: unknown): void {
    this.#pings.get(nonce as string)?.();
    this.#pings.delete(nonce as string);
  }
}

function readBytes([, topic, payload]: readonly unknown[]): Message {
  if (!(payload instanceof Uint8Array)) throw invalid('its payload is not binary');
  return { topic: topic as string, payload };
}

function readEvents(data: unknown): EventBatch {
  const { producer, ...batch } = readBatch(data, (metadata, object) => ({ type: 'inline', metadata, object }));
  if (typeof producer !== 'string' || !/^[0-9a-f]{32}$/.test(producer)) throw invalid('its producer is not 32 hexadecimal digits');
  return { ...batch, producer };
}
