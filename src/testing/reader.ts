import { StreamError } from '../errors.js';
import type { EventBatch } from '../events.js';
import type { AnySubscriber, Batch, EventSubscriber, Message } from '../protocols.js';
import { inTime } from './expect.js';
import type { ShimSupport } from './shim.js';

/** Reads payloads one by one, each acknowledged by asking for the next. It asks for the first at once: some wires only bring what is asked for. */
export class Reader {
  readonly #payloads: AsyncIterator<Uint8Array>;
  #asked: Promise<IteratorResult<Uint8Array>> | undefined;

  constructor(
    readonly subscriber: AnySubscriber,
    { bytes }: Pick<ShimSupport, 'bytes'>,
  ) {
    this.#payloads = bytes ? subscriber[Symbol.asyncIterator]() : objects(subscriber as EventSubscriber);
    this.#asked = this.#payloads.next();
    this.#asked.catch(() => {}); // whoever calls `next` hears it
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const asked = this.#asked ?? this.#payloads.next();
    this.#asked = undefined;
    return inTime(asked, 'no message arrived');
  }

  async take(count: number): Promise<Uint8Array[]> {
    const taken: Uint8Array[] = [];
    while (taken.length < count) {
      const { done, value } = await this.next();
      if (done) throw new Error(`The subscriber ended after ${taken.length} of ${count} messages`);
      taken.push(value);
    }
    return taken;
  }

  /** Leaves the loop. */
  async leave(): Promise<void> {
    await inTime(Promise.resolve(this.#payloads.return?.()), 'the iteration cannot be left');
  }
}

/** What these messages carry, news left out. */
export function contents({ messages }: Pick<Batch<Message | EventBatch>, 'messages'>): Uint8Array[] {
  return messages.flatMap((message) => {
    if (message instanceof StreamError) return [];
    return 'events' in message
      ? message.events.map((event) => (event.type === 'inline' ? (event.object as Uint8Array) : new Uint8Array()))
      : [message.payload];
  });
}

async function* objects(subscriber: EventSubscriber): AsyncGenerator<Uint8Array> {
  for await (const batch of subscriber.batches({ max: 1 })) yield* contents(batch);
}
