import { StreamError } from './errors.js';
import type { Batch } from './protocols.js';

/**
 * The bytes of each message, one by one, each acknowledged by asking for the next; news is left out. Leaving gives back the last one.
 * Rejects with `unsupported` at a message that is a batch of events.
 */
export function payloads(batches: AsyncIterable<Batch<unknown>>): AsyncIterableIterator<Uint8Array> {
  const iterator = batches[Symbol.asyncIterator]();
  const bytes = read({ [Symbol.asyncIterator]: () => iterator });
  const leave = bytes.return.bind(bytes);
  // A generator only hears of it after its pending next.
  bytes.return = async () => {
    await iterator.return?.();
    return leave(undefined);
  };
  return bytes;
}

async function* read(batches: AsyncIterable<Batch<unknown>>): AsyncGenerator<Uint8Array> {
  for await (const batch of batches) {
    for (const [i, message] of batch.messages.entries()) {
      if (!(message instanceof StreamError)) yield bytesOf(message);
      batch.ack(i + 1);
    }
  }
}

function bytesOf(message: unknown): Uint8Array {
  const { payload } = message as { payload?: Uint8Array };
  if (payload) return payload;
  throw new StreamError('unsupported', 'A batch of events is no bytes: read it with a StreamConsumer');
}
