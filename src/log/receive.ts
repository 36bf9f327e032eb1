/** Stores what a subscriber receives, and acknowledges it then. */
import { messagePack } from '../codec.js';
import { StreamError, toStreamError } from '../errors.js';
import type { EventBatch } from '../events.js';
import type { Judge } from '../filter.js';
import type { AnySubscriber, Batch, BatchSubscriber, Message, Subscriber } from '../protocols.js';
import { type Entry, type Fence, isFenced, readLog } from './commit.js';
import { readHeader } from './header.js';
import { InboxFilter } from './inbox-filter.js';
import type { Inner } from './inner.js';
import type { Parts } from './parts.js';
import { patiently, pause } from './patience.js';
import { type Lane, laneOf } from './records.js';
import type { Content } from './segment.js';
import type { PumpState } from './status.js';
import type { Term } from './tenure.js';

type Arrived = Message | EventBatch | StreamError;

/** Failures of the inner subscriber in a row after which it is given up: someone else insists on its session. */
const MAX_TAKEOVERS = 5;
const MIN_PAUSE_MS = 200;
const MAX_PAUSE_MS = 30_000;

export class Receiving {
  readonly #parts: Parts;
  readonly #lane: Lane;
  readonly #inner: Inner<AnySubscriber>;
  readonly #filter: InboxFilter | undefined;
  #received = 0;
  #failures = 0;
  #takeovers = 0;
  #subscribed = false;
  #unnumbered = 0;

  constructor(parts: Parts, lane: Lane, inner: Inner<AnySubscriber>, judges: Judge | undefined) {
    this.#parts = parts;
    this.#lane = lane;
    this.#inner = inner;
    this.#filter = judges && new InboxFilter(judges, (inner.current as BatchSubscriber).codec);
  }

  /** Works until its term is over. Rejects when the inner subscriber has failed for good. */
  async work({ fence, log, signal }: Term): Promise<void> {
    this.#received = 0;
    this.#subscribed = log.lanes[this.#lane]?.subscribed === true;
    this.#show({ leader: true, term: fence.term, moved: 0, error: undefined });
    try {
      while (!signal.aborted) {
        await this.#receive(fence, signal).catch((error) => this.#failed(error, signal));
        if (signal.aborted) return;
        if (!this.#inner.renewable) throw new StreamError('closed', 'The inner subscriber of this inbox was closed');
        await this.#inner.retire();
        await pause(Math.random() * Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS * 2 ** ++this.#failures), signal);
      }
    } finally {
      this.#show({ leader: false });
      await this.#inner.retire();
    }
  }

  async #receive(fence: Fence, signal: AbortSignal): Promise<void> {
    const subscriber = this.#inner.use();
    const { ready, resume } = subscriber as BatchSubscriber;
    if (this.#subscribed) resume?.call(subscriber);
    const { bell } = this.#parts;
    let asking = false;
    // Each time anew: it may have been ready, and be no more.
    const answer = async () => {
      if (asking) return;
      asking = true;
      try {
        await ready?.call(subscriber);
        if (resume && !this.#subscribed) await patiently(() => this.#remember(), signal);
        bell.post('ready', this.#lane);
      } catch {
        // What it fails with, its iteration fails with.
      } finally {
        asking = false;
      }
    };
    const deaf = bell.on('ready?', this.#lane, () => void answer());
    const incoming = 'batches' in subscriber ? subscriber.batches({ ack: 'manual', signal }) : singly(subscriber);
    const iterator = (incoming as AsyncIterable<Batch<Message | EventBatch>>)[Symbol.asyncIterator]();
    const leave = () => void iterator.return?.();
    signal.addEventListener('abort', leave);
    void answer();
    try {
      for (let next = await iterator.next(); !next.done && !signal.aborted; next = await iterator.next()) {
        const { messages, ack } = next.value;
        const entries = await this.#entries(messages, fence);
        if (entries.length > 0) await patiently(() => this.#store(entries), signal);
        // Acknowledged after `complete`, never before.
        ack();
        this.#failures = this.#takeovers = 0;
        this.#received += messages.length;
        this.#show({ moved: this.#received, error: undefined });
      }
    } finally {
      deaf();
      signal.removeEventListener('abort', leave);
      leave();
    }
  }

  /** Whoever takes over, now or on another visit, knows what to expect of the other side. */
  async #remember(): Promise<void> {
    await this.#parts.database.run({ stores: ['meta'] }, async (tx) => {
      const log = await readLog(tx);
      laneOf(log, this.#lane).subscribed = true;
      tx.put('meta', 'log', log);
    });
    this.#subscribed = true;
  }

  async #store(entries: readonly Entry[]): Promise<void> {
    try {
      const durability = this.#parts.durability ?? 'strict';
      await Promise.all(entries.map((entry) => this.#parts.appender.append(undefined, () => ({ ...entry, durability }))));
    } catch (error) {
      this.#show({ error: toStreamError(error, 'storage_failed', 'Not stored') });
      throw error;
    }
  }

  /** Throws what there is no way on from. */
  #failed(reason: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    const error = toStreamError(reason, 'connection_lost', 'The inner subscriber failed');
    this.#show({ error });
    if (isFenced(error)) throw error;
    const takenOver = error.code === 'session_taken_over' && ++this.#takeovers > MAX_TAKEOVERS;
    if (!this.#inner.renewable || !error.retryable || takenOver) throw error;
  }

  async #entries(messages: readonly Arrived[], fence: Fence): Promise<Entry[]> {
    const kept = this.#filter ? await this.#filter.apply(messages) : messages;
    return kept.flatMap((message) =>
      this.#contents(message).map((content) => ({ ...content, lane: this.#lane, header: readHeader(content.payload), fence })),
    );
  }

  #show(state: Partial<PumpState>): void {
    this.#parts.board.show(this.#lane, state);
  }

  #contents(message: Arrived): Content[] {
    if (message instanceof StreamError) return [newsContent(message)];
    if (!('events' in message)) return [message.topic === '' ? { ...message, topic: topicIn(message.payload) ?? this.#lane } : message];
    const { producer = '0'.repeat(32), seq = this.#unnumbered++, topic } = message;
    try {
      const events = message.events.map((event) => messagePack.encodeEvent(event));
      return [{ topic, payload: messagePack.assemble({ ...message, producer, seq }, events) }];
    } catch (error) {
      return [newsContent(toStreamError(error, 'not_encodable', `A batch of "${topic}" cannot be stored`))];
    }
  }
}

/** Whoever only yields bytes hears the acknowledgement as the next pull. */
async function* singly(subscriber: Subscriber): AsyncGenerator<Batch<Message>> {
  for await (const payload of subscriber) yield { messages: [{ topic: '', payload }], ack: () => {} };
}

/** As a segment keeps it. */
function newsContent(news: StreamError): Content {
  return { topic: '', payload: new TextEncoder().encode(JSON.stringify(news)) };
}

function topicIn(payload: Uint8Array): string | undefined {
  try {
    return messagePack.decode(payload, '').topic;
  } catch {
    return undefined;
  }
}
