import { check } from '../check.js';
import { messagePack } from '../codec.js';
import { closedError } from '../errors.js';
import type { Codec, Publisher, PublisherLimits, SendOptions } from '../protocols.js';
import { checkTopic } from '../topic.js';
import { Copies } from './copies.js';
import type { Durability } from './database.js';
import { readHeader } from './header.js';
import type { Parts } from './parts.js';
import type { Lane } from './records.js';

/** Several under way share a transaction; large batches make large segments. */
const LIMITS: PublisherLimits = { batchBytes: 2 ** 18, inFlight: 16 };

/** `send` settles when the message is stored: its transaction has completed. Rejects with `quota_exceeded`, `storage_failed` or `closed`. */
export class LogPublisher implements Publisher {
  readonly codec: Codec = messagePack;
  readonly limits = LIMITS;
  readonly #parts: Parts;
  readonly #lane: Lane;
  readonly #durability: Durability;
  readonly #onStored: ((seq: number) => void) | undefined;
  readonly #gone = new AbortController();
  readonly #copies = new Copies();
  /** The topic that was checked last. */
  #topic: string | undefined;

  constructor(parts: Parts, lane: Lane, { durability, onStored }: { durability: Durability; onStored?: (seq: number) => void }) {
    this.#parts = parts;
    this.#lane = lane;
    this.#durability = durability;
    this.#onStored = onStored;
  }

  send(topic: string, message: Uint8Array, { signal }: SendOptions = {}): Promise<void> {
    const owner = this.#gone.signal;
    return this.#parts.appender.append(signal, () => {
      if (topic !== this.#topic) this.#topic = checkTopic(topic);
      check(message instanceof Uint8Array, 'A message', message, 'a Uint8Array');
      signal?.throwIfAborted();
      owner.throwIfAborted();
      return {
        lane: this.#lane,
        topic,
        payload: this.#copies.of(message),
        header: readHeader(message),
        durability: this.#durability,
        owner,
        signal,
        onStored: this.#onStored,
      };
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
