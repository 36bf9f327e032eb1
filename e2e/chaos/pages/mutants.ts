/** Flaws, on demand: the checker has to find each. */
import type { Publisher } from 'proxystream';
import { cast } from './cast.js';
import type { BytesSubscriber } from './witness.js';

const LATE_MS = 500;

export function mutatePublisher(publisher: Publisher): Publisher {
  return cast.mutant === 'promises early' ? promisingEarly(publisher) : publisher;
}

export function mutateSubscriber(subscriber: BytesSubscriber): BytesSubscriber {
  return cast.mutant === 'acknowledges early' ? acknowledgingEarly(subscriber) : subscriber;
}

/** Keeps its promise before it has stored anything, as one would that takes a request's `success` for its transaction's `complete`. */
function promisingEarly(publisher: Publisher): Publisher {
  return Object.assign(Object.create(publisher), {
    codec: publisher.codec,
    limits: publisher.limits,
    send: async (topic: string, message: Uint8Array) => {
      const copy = message.slice();
      setTimeout(() => publisher.send(topic, copy), LATE_MS);
    },
    close: () => publisher.close(),
  });
}

/** Acknowledges what it has given out, not what was dealt with. */
function acknowledgingEarly(subscriber: BytesSubscriber): BytesSubscriber {
  async function* batches(...options: Parameters<BytesSubscriber['batches']>) {
    for await (const batch of subscriber.batches(...options)) {
      batch.ack();
      yield batch;
    }
  }
  return {
    codec: subscriber.codec as NonNullable<typeof subscriber.codec>,
    batches,
    ready: async () => subscriber.ready?.(),
    [Symbol.asyncIterator]: () => subscriber[Symbol.asyncIterator](),
    close: () => subscriber.close(),
    [Symbol.asyncDispose]: () => subscriber.close(),
  };
}
