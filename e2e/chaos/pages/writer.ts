/** Publishes stamped messages, and tells what became of each promise. */
import { type Publisher, StreamProducer } from 'proxystream';
import { hashOf, type Payload, payload } from '../cast.js';
import { cast, life } from './cast.js';
import { codeOf, tellNow, tellSoon } from './telling.js';

export class Writer {
  readonly #producer: StreamProducer<Payload>;
  #next = 0;
  /** Of all that was asked for: what has not been promised or refused. */
  pending = 0;

  constructor(publisher: Publisher) {
    this.#producer = new StreamProducer<Payload>(publisher);
  }

  /** Settles when each promise has been kept or broken. */
  async publish(count: number, bytes: number, together: boolean): Promise<void> {
    const next = () => payload(life, this.#next++, bytes);
    this.pending += count;
    if (together) {
      const payloads = Array.from({ length: count }, next);
      tellNow(...payloads.map(offered));
      await Promise.all(payloads.map((one) => this.#send(one)));
      return;
    }
    for (let i = 0; i < count; i++) {
      const one = next();
      tellNow(offered(one));
      await this.#send(one);
    }
  }

  async #send(one: Payload): Promise<void> {
    const stamp = { producer: one.producer, seq: one.seq };
    try {
      await this.#producer.send(`${cast.topics}/${life}`, one);
      tellSoon({ is: 'promised', ...stamp });
    } catch (error) {
      tellSoon({ is: 'refused', ...stamp, ...codeOf(error) });
    } finally {
      this.pending--;
    }
  }
}

function offered(one: Payload) {
  return { is: 'offered', producer: one.producer, seq: one.seq, hash: hashOf(one) } as const;
}
