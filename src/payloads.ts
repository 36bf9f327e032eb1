import { StreamError } from './errors.js';
import { DONE, found, iterate } from './iterate.js';
import type { BatchSubscriber } from './protocols.js';

/**
 * The bytes of each message of a subscriber, one by one, each acknowledged by asking for the next; news is left out. Leaving gives back the last one.
 * Rejects with `unsupported` at a message that is a batch of events.
 */
export function payloads(subscriber: Pick<BatchSubscriber<unknown>, 'batches'>): AsyncIterableIterator<Uint8Array, undefined> {
  const batches = subscriber.batches({ max: 1 })[Symbol.asyncIterator]();
  const leave = async () => {
    await batches.return?.();
    return DONE;
  };
  const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    const { done, value } = await batches.next();
    if (done) return DONE;
    const [message] = value.messages;
    if (message instanceof StreamError) return next();
    const { payload } = message as { payload?: Uint8Array };
    if (payload) return found(payload);
    await leave();
    throw new StreamError('unsupported', 'Events need a StreamConsumer');
  };
  return iterate(next, leave);
}
