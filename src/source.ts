/** One face for every kind of subscriber. */
import type { EventBatch } from './events.js';
import type { AnySubscriber, Batch, BatchSubscriber, Message, Subscriber } from './protocols.js';

export type Incoming = Batch<Message | EventBatch>;

export function sourceOf(subscriber: AnySubscriber): AsyncIterator<Incoming> {
  const batches = 'batches' in subscriber ? (subscriber as BatchSubscriber).batches({ ack: 'manual' }) : singly(subscriber);
  return batches[Symbol.asyncIterator]();
}

/** Whoever only yields bytes hears the acknowledgement as the next pull. */
async function* singly(subscriber: Subscriber): AsyncGenerator<Incoming> {
  for await (const payload of subscriber) yield { messages: [{ topic: '', payload }], ack() {} };
}

/** Turns messages finished in any order into acknowledgements of a batch's first ones. */
export function ledger(batch: Incoming): (index: number) => void {
  const finished: boolean[] = [];
  let acknowledged = 0;
  return (index) => {
    finished[index] = true;
    if (index !== acknowledged) return;
    while (finished[acknowledged]) acknowledged++;
    batch.ack(acknowledged);
  };
}
