/** One face for every kind of subscriber, and waits that can be given up without losing what arrives. */
import type { EventBatch } from './events.js';
import type { AnySubscriber, Batch, BatchSubscriber, Message, Subscriber } from './protocols.js';

export type Incoming = Batch<Message | EventBatch>;
const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

export class Source {
  readonly #iterator: AsyncIterator<Incoming>;
  #pulling: Promise<IteratorResult<Incoming>> | undefined;
  #interrupt = () => {};

  constructor(subscriber: AnySubscriber) {
    const batches = 'batches' in subscriber ? (subscriber as BatchSubscriber).batches({ ack: 'manual' }) : singly(subscriber);
    this.#iterator = batches[Symbol.asyncIterator]();
  }

  /** Rejects with the signal's reason; what then arrives is the next call's. */
  next(signal?: AbortSignal): Promise<IteratorResult<Incoming>> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      let waiting = true;
      const settle = (how: () => void) => {
        if (!waiting) return;
        waiting = false;
        signal?.removeEventListener('abort', abort);
        how();
      };
      const arrived = (how: () => void) =>
        settle(() => {
          this.#pulling = undefined;
          how();
        });
      const abort = () => settle(() => reject(signal?.reason));
      signal?.addEventListener('abort', abort);
      this.#interrupt = () => settle(() => resolve(DONE));
      this.#pulling ??= this.#iterator.next();
      this.#pulling.then(
        (result) => arrived(() => resolve(result)),
        (error) => arrived(() => reject(error)),
      );
    });
  }

  /** Gives back what is unacknowledged; a pending `next` is done. */
  async return(): Promise<void> {
    const leaving = this.#iterator.return?.();
    const pending = this.#pulling !== undefined;
    this.#interrupt();
    // A generator answers only after its pending next has; nobody should wait for that.
    if (pending) leaving?.then(undefined, () => {});
    else await leaving;
  }
}

/** Whoever only yields bytes hears the acknowledgement as the next pull. */
async function* singly(subscriber: Subscriber): AsyncGenerator<Incoming> {
  for await (const payload of subscriber) yield { messages: [{ topic: '', payload }], ack: () => {} };
}
