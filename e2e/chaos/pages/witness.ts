/** Stands between a subscriber and its consumer, and tells what is given and what is acknowledged. */
import { type Batch, type BatchOptions, type BatchSubscriber, messagePack, StreamError } from 'proxystream';
import type { LogMessage, Offset } from 'proxystream/log';
import type { Payload } from '../cast.js';
import type { Stamp, Stay } from '../facts.js';
import { tell, tellNow } from './telling.js';

export type BytesSubscriber = BatchSubscriber<LogMessage>;

/** Messages that were acknowledged and that the cursor is not known to have passed. */
interface Acknowledged {
  readonly offset: Offset;
  readonly stamps: readonly Stamp[];
}

export class Witness implements BatchSubscriber<LogMessage> {
  readonly codec = messagePack;
  readonly #subscriber: BytesSubscriber;
  readonly #stay: Stay;
  #acknowledged: Acknowledged[] = [];

  constructor(subscriber: BytesSubscriber, stay: Stay) {
    this.#subscriber = subscriber;
    this.#stay = stay;
  }

  async *batches(options?: BatchOptions): AsyncGenerator<Batch<LogMessage>> {
    for await (const batch of this.#subscriber.batches(options)) {
      tellNow({ is: 'given', ...this.#stay, stamps: batch.messages.flatMap(stampsIn) });
      let told = 0;
      const ack = (count = batch.messages.length) => {
        batch.ack(count);
        this.#done(batch.messages.slice(told, count));
        told = Math.max(told, count);
      };
      yield { messages: batch.messages, ack };
    }
  }

  /** The cursor stands there. */
  sees(epoch: string, at: number): void {
    const passed = this.#acknowledged.filter(({ offset }) => offset.epoch === epoch && offset.seq < at);
    if (passed.length === 0) return;
    this.#acknowledged = this.#acknowledged.filter((each) => !passed.includes(each));
    this.#tell('passed', passed);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#subscriber[Symbol.asyncIterator]();
  }

  close(): Promise<void> {
    return this.#subscriber.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #done(messages: readonly (LogMessage | StreamError)[]): void {
    const done = messages.flatMap((message) =>
      message instanceof StreamError ? [] : { offset: message.offset, stamps: stampsIn(message) },
    );
    if (done.length === 0) return;
    this.#acknowledged.push(...done);
    this.#tell('acknowledged', done);
  }

  /** Told when it is so: what is not in the history yet may come again. */
  #tell(is: 'acknowledged' | 'passed', messages: readonly Acknowledged[]): void {
    const stamps = messages.flatMap((message) => message.stamps);
    tell({ is, ...this.#stay, stamps }).catch(() => {});
  }
}

function stampsIn(message: LogMessage | StreamError): Stamp[] {
  if (message instanceof StreamError) return [];
  const { events } = messagePack.decode(message.payload, message.topic);
  return events.flatMap((event) => {
    if (event.type !== 'inline') return [];
    const { producer, seq } = event.object as Payload;
    return [{ producer, seq }];
  });
}
