/** Stands between a subscriber and its consumer, and tells what was acknowledged. */
import { messagePack, StreamError, type Batch, type BatchOptions, type BatchSubscriber, type Message } from 'proxystream';
import type { Payload } from '../cast.js';
import type { Stamp, Stay } from '../facts.js';
import { tell } from './telling.js';

export type BytesSubscriber = BatchSubscriber<Message>;

export function witnessed(subscriber: BytesSubscriber, stay: Stay): BytesSubscriber {
  return {
    codec: messagePack,
    batches: (options) => batches(subscriber, options, stay),
    [Symbol.asyncIterator]: () => subscriber[Symbol.asyncIterator](),
    close: () => subscriber.close(),
    [Symbol.asyncDispose]: () => subscriber.close(),
  };
}

async function* batches(subscriber: BytesSubscriber, options: BatchOptions | undefined, stay: Stay): AsyncGenerator<Batch<Message>> {
  for await (const batch of subscriber.batches(options)) {
    let told = 0;
    const ack = (count = batch.messages.length) => {
      batch.ack(count);
      const stamps = batch.messages.slice(told, count).flatMap(stampsIn);
      told = Math.max(told, count);
      // Told when it is done: what is not in the history may come again.
      if (stamps.length > 0) tell({ is: 'acknowledged', ...stay, stamps }).catch(() => {});
    };
    yield { messages: batch.messages, ack };
  }
}

function stampsIn(message: Message | StreamError): Stamp[] {
  if (message instanceof StreamError) return [];
  const { events } = messagePack.decode(message.payload, message.topic);
  return events.flatMap((event) => {
    if (event.type !== 'inline') return [];
    const { producer, seq } = event.object as Payload;
    return [{ producer, seq }];
  });
}
