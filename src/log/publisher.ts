import { check } from '../check.js';
import { messagePack } from '../codec.js';
import { copy } from '../copy.js';
import { closedError } from '../errors.js';
import type { Codec, Publisher, PublisherLimits, SendOptions } from '../protocols.js';
import { checkTopic } from '../topic.js';
import type { Appending } from './appender.js';
import { readHeader } from './header.js';
import type { Parts } from './parts.js';
import type { Lane } from './records.js';

/** Several under way share a transaction; large batches make large segments. */
export const LIMITS = { batchBytes: 2 ** 18, inFlight: 16 };

/** `send` settles when the message is stored: its transaction has completed. Rejects with `quota_exceeded`, `storage_failed` or `closed`. */
export class LogPublisher implements Publisher {
  readonly codec: Codec = messagePack;
  readonly limits: PublisherLimits = LIMITS;
  readonly #parts: Parts;
  readonly #gone = new AbortController();
  /** How everything is stored. */
  readonly #manner: Pick<Appending, 'lane' | 'durability' | 'onStored' | 'owner'>;

  constructor(parts: Parts, lane: Lane, how: Pick<Appending, 'durability' | 'onStored'>) {
    this.#parts = parts;
    this.#manner = { ...how, lane, owner: this.#gone.signal };
  }

  send(topic: string, message: Uint8Array, { signal }: SendOptions = {}): Promise<void> {
    return this.#parts.appender.append(signal, () => {
      checkTopic(topic);
      check(message instanceof Uint8Array, 'A message', message, 'a Uint8Array');
      signal?.throwIfAborted();
      this.#gone.signal.throwIfAborted();
      return { ...this.#manner, topic, payload: copy(message), header: readHeader(message), signal };
    });
  }

  /** What is not stored by now rejects with `closed`. */
  async close(): Promise<void> {
    this.#gone.abort(closedError());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
