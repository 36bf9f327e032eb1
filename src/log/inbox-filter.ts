import { messagePack } from '../codec.js';
import { StreamError } from '../errors.js';
import type { EventBatch, ObjectEvent } from '../events.js';
import type { Judge } from '../filter.js';
import type { Codec, Message } from '../protocols.js';

type Arrived = Message | EventBatch | StreamError;

/** Keeps out of the log what nobody wants. Objects by reference that are dropped stay in their store: an inbox has none. */
export class InboxFilter {
  readonly #judges: Judge;
  readonly #codec: Codec;

  constructor(judges: Judge, codec: Codec = messagePack) {
    this.#judges = judges;
    this.#codec = codec;
  }

  /** What cannot be decoded passes: whoever reads it is told. Rejects with `filter_failed` where `onFilterError` is `'throw'`. */
  async apply(messages: readonly Arrived[]): Promise<Arrived[]> {
    const kept: Arrived[] = [];
    for (const message of messages) {
      const left = message instanceof StreamError ? message : await this.#judge(message);
      if (left) kept.push(left);
    }
    return kept;
  }

  /** A batch of which nothing is left stays as an empty one, so that it is not missing from its producer's sequence; where there is none, it goes. */
  async #judge(message: Message | EventBatch): Promise<Message | EventBatch | undefined> {
    const batch = 'events' in message ? message : this.#decode(message);
    if (!batch) return message;
    const objects = batch.events.filter((event): event is ObjectEvent => event.type !== 'end');
    const verdicts = await this.#judges(objects.map(({ metadata }) => metadata));
    const dropped = new Set<unknown>();
    for (const [i, verdict] of verdicts.entries()) {
      if (verdict instanceof StreamError) throw verdict;
      if (verdict) dropped.add(objects[i]);
    }
    if (dropped.size === 0) return message;
    const rest = { ...batch, events: batch.events.filter((event) => !dropped.has(event)) };
    if ('events' in message) return rest;
    if (this.#codec.single) return undefined;
    const payload = this.#codec.assemble(
      rest,
      rest.events.map((event) => this.#codec.encodeEvent(event)),
    );
    return { ...message, payload };
  }

  #decode({ payload, topic }: Message): EventBatch | undefined {
    try {
      return this.#codec.decode(payload, topic);
    } catch {
      return undefined;
    }
  }
}
