/** What one test plays in: a fresh world, topics that nobody else uses, and an end in which everything made is closed. */
import type { EventBatch } from '../events.js';
import type {
  AnySubscriber,
  Batch,
  BatchOptions,
  BatchSubscriber,
  BufferOptions,
  EventPublisher,
  Message,
  Publisher,
  SendOptions,
} from '../protocols.js';
import { inTime } from './expect.js';
import { Reader } from './reader.js';
import type { Shim, ShimSupport, ShimWorld, SubscriberWish } from './shim.js';

/** Sends bytes, whether the publisher takes them as they are or as events. */
export interface Sender {
  send(topic: string, payload: Uint8Array, options?: SendOptions): Promise<void>;
  close(): Promise<void>;
}

export class Scene {
  /** Also the name of this scene's sessions: unique on a broker that many share, and short enough for a client id. */
  readonly root = `cs${randomHex(8)}`;
  readonly supports: ShimSupport;
  readonly #world: ShimWorld;
  readonly #made: { close(): Promise<void> }[] = [];

  private constructor(supports: ShimSupport, world: ShimWorld) {
    this.supports = supports;
    this.#world = world;
  }

  static async open(shim: Shim, buffer: BufferOptions): Promise<Scene> {
    return new Scene(shim.supports, await inTime(Promise.resolve(shim.open(buffer)), 'open() has not settled'));
  }

  /** A topic of this scene's. */
  topic(name = 'topic'): string {
    return `${this.root}/${name}`;
  }

  async publisher(): Promise<Publisher | EventPublisher> {
    return this.#keep(await this.#world.publisher());
  }

  async sender(): Promise<Sender> {
    const publisher = await this.publisher();
    return 'send' in publisher && this.supports.bytes ? publisher : eventSender(publisher as EventPublisher);
  }

  /** It hears what is sent from now on. */
  async subscriber(topicFilter: string, wish?: SubscriberWish): Promise<AnySubscriber> {
    const subscriber = await this.unready(topicFilter, wish);
    if ('ready' in subscriber) await inTime(Promise.resolve(subscriber.ready?.()), 'ready() has not settled');
    return subscriber;
  }

  async unready(topicFilter: string, wish?: SubscriberWish): Promise<AnySubscriber> {
    return this.#keep(await this.#world.subscriber(topicFilter, wish));
  }

  /** For shims that redeliver. */
  async batchSubscriber(topicFilter = this.topic(), wish?: SubscriberWish): Promise<BatchSubscriber<Message | EventBatch>> {
    const subscriber = await this.subscriber(topicFilter, wish);
    if ('batches' in subscriber) return subscriber as BatchSubscriber<Message | EventBatch>;
    throw new Error('Expected batches(): without it nothing can come again, so declare redelivers: false');
  }

  /** Reads payloads one by one from now on. */
  async reader(topicFilter = this.topic(), wish?: SubscriberWish): Promise<Reader> {
    return new Reader(await this.subscriber(topicFilter, wish), this.supports);
  }

  async close(): Promise<void> {
    await inTime(Promise.all(this.#made.map((part) => part.close())), 'close() has not settled');
    await inTime(Promise.resolve(this.#world.close?.()), "the world's close() has not settled");
  }

  #keep<P extends { close(): Promise<void> }>(part: P): P {
    this.#made.push(part);
    return part;
  }
}

export type Iteration = AsyncIterator<Batch<Message | EventBatch>>;

export function iterate(subscriber: BatchSubscriber<Message | EventBatch>, options?: BatchOptions): Iteration {
  return subscriber.batches(options)[Symbol.asyncIterator]();
}

function eventSender(publisher: EventPublisher): Sender {
  const header = { producer: randomHex(32), stores: [] };
  let seq = 0;
  return {
    send: (topic, payload, options) => {
      const event = { type: 'inline', metadata: {}, object: payload.slice() } as const;
      return publisher.sendEvents({ ...header, topic, seq: seq++, events: [event] }, options);
    },
    close: () => publisher.close(),
  };
}

function randomHex(digits: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(digits / 2)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
