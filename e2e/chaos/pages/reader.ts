/** Reads under a cursor for as long as the tab lives, and tells of everything before it goes on. */
import { StreamConsumer, type StreamError } from 'proxystream';
import type { LogStatus } from 'proxystream/log';
import type { Payload } from '../cast.js';
import { hashOf } from '../cast.js';
import type { Stay } from '../facts.js';
import { life } from './cast.js';
import { codeOf, tell, tellNow } from './telling.js';
import { type BytesSubscriber, Witness } from './witness.js';

export class Reader {
  readonly #cursor: string;
  readonly #open: () => BytesSubscriber;
  #visits = 0;
  #wanted = false;
  #consumer: StreamConsumer<Payload> | undefined;
  #reading: Promise<void> = Promise.resolve();
  #witness: Witness | undefined;
  #subscriber: BytesSubscriber | undefined;

  constructor(cursor: string, open: () => BytesSubscriber) {
    this.#cursor = cursor;
    this.#open = open;
  }

  /** Nothing when it reads already. */
  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#reading = this.#reading.then(() => this.#read());
  }

  /** In order: settles when this tab reads no more. */
  async stop(): Promise<void> {
    this.#wanted = false;
    await this.#consumer?.close();
    await this.#reading;
  }

  /** Settles once what is published from now on will be delivered, or it reads no more. */
  async ready(): Promise<void> {
    await this.#subscriber?.ready?.().catch(() => {});
  }

  /** What is known of the cursor. */
  sees({ epoch, cursors }: LogStatus): void {
    const cursor = cursors.find(({ name }) => name === this.#cursor);
    if (cursor) this.#witness?.sees(epoch, cursor.at);
  }

  /** A user's application would open its stream again when it has failed; so does this one. */
  async #read(): Promise<void> {
    while (this.#wanted) {
      const stay = { cursor: this.#cursor, life: `${life}.${this.#visits++}` };
      try {
        await this.#stay(stay);
        await tell({ is: 'closed', ...stay });
      } catch (error) {
        const { code, message } = codeOf(error);
        tellNow({ is: 'news', ...stay, code, reason: message });
      }
    }
  }

  async #stay(stay: Stay): Promise<void> {
    const subscriber = this.#open();
    this.#subscriber = subscriber;
    const hear = ({ code, details, message }: StreamError) =>
      tellNow({ is: 'news', ...stay, code, reason: String(details.reason ?? message) });
    const witness = new Witness(subscriber, stay);
    this.#witness = witness;
    const consumer = new StreamConsumer<Payload>(witness, { endOfStream: 'never', onGap: hear, onInvalid: hear });
    this.#consumer = consumer;
    // Only the first tab at a name has its turn at once; the others hear of it when it is theirs.
    subscriber.ready?.().then(
      () => tellNow({ is: 'reading', ...stay }),
      () => {},
    );
    try {
      for await (const item of consumer) {
        await tell({ is: 'delivered', ...stay, producer: item.producer, seq: item.seq, hash: hashOf(item) });
      }
    } finally {
      await consumer.close();
    }
  }
}
