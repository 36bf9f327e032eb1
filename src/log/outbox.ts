import { messagePack } from '../codec.js';
import { StreamError } from '../errors.js';
import type { Codec, EventPublisher, Publisher, PublisherLimits, SendOptions } from '../protocols.js';
import { readLog } from './commit.js';
import { lostError } from './database.js';
import { Drain } from './drain.js';
import { type Given, Inner } from './inner.js';
import type { Parts } from './parts.js';
import { aborted } from './patience.js';
import { LogPublisher } from './publisher.js';
import { type DeadLetterRecord, type Lane, type LogRecord, laneOf, type Offset } from './records.js';
import type { PumpState } from './status.js';
import { serve } from './tenure.js';

export interface OutboxOptions {
  /** Tells outboxes of one log apart; each has a line, and a connection, of its own. Default `'outbox'`. */
  readonly name?: string;
}

const IN_FLIGHT = 16;

/**
 * A publisher in front of another: `send` settles when the message is stored. One tab at a time sends what is stored on, in order, and over all the time
 * that there is no connection nothing is lost. What the inner publisher refuses for good becomes a dead letter and holds nobody up.
 */
export class Outbox implements Publisher {
  readonly codec: Codec;
  readonly limits: PublisherLimits;
  readonly #parts: Parts;
  readonly #lane: Lane;
  readonly #inner: Inner<Publisher | EventPublisher>;
  readonly #publisher: LogPublisher;
  readonly #gone = new AbortController();
  readonly #pumping: Promise<void>;
  /** What was sent since the last flush begins here. */
  #since: Offset | undefined;

  /** @internal */
  constructor(parts: Parts, lane: Lane, given: Given<Publisher | EventPublisher>, state: PumpState) {
    this.#parts = parts;
    this.#lane = lane;
    this.#inner = new Inner(given);
    const { codec = messagePack, limits } = this.#inner.current as Publisher;
    this.codec = codec;
    // What the inner publisher asks of its messages, the producer must know; the window to the log is another one than that to the broker.
    this.limits = { ...limits, inFlight: IN_FLIGHT };
    this.#publisher = new LogPublisher(parts, lane, { durability: parts.durability ?? 'strict', onStored: (seq) => this.#stored(seq) });
    const { signal } = this.#gone;
    const drain = new Drain(parts, lane, this.#inner, state);
    this.#pumping = serve(parts, `pump ${lane}`, signal, (term) => drain.work(term)).catch((error) => {
      state.error = error;
    });
  }

  send(topic: string, message: Uint8Array, options?: SendOptions): Promise<void> {
    return this.#publisher.send(topic, message, options);
  }

  /**
   * Settles when the inner publisher has acknowledged everything stored before, in whichever tab that happens. Rejects with the reason when some of what was
   * sent since the last flush became a dead letter; with `data_lost` when the database vanished meanwhile, and perhaps some of it was not sent;
   * with `closed`, or the signal's reason: what is stored stays.
   */
  async flush({ signal }: SendOptions = {}): Promise<void> {
    const since = this.#since;
    this.#since = undefined;
    const given = signal ? AbortSignal.any([signal, this.#gone.signal]) : this.#gone.signal;
    given.throwIfAborted();
    await this.#parts.appender.flush();
    let rung = new AbortController();
    const stop = this.#parts.bell.onRing(this.#lane, () => rung.abort());
    try {
      let epoch = since?.epoch;
      for (let target: number | undefined; ; rung = new AbortController()) {
        const { log, next, at } = await this.#progress();
        epoch ??= log.epoch;
        if (log.epoch !== epoch) throw this.#lost(log);
        target ??= next;
        if (at >= target) break;
        await Promise.race([aborted(rung.signal), aborted(given)]);
        given.throwIfAborted();
      }
    } catch (error) {
      if ((error as Partial<StreamError> | undefined)?.code !== 'data_lost') this.#since = since ?? this.#since;
      throw error;
    } finally {
      stop();
    }
    await this.#checkRefused(since);
  }

  /** Stops sending in this tab, and closes the inner publisher. What is stored is sent by the next tab, or the next visit. */
  async close(): Promise<void> {
    this.#gone.abort(new StreamError('closed', 'This outbox is closed: what it has stored is sent by the next one of its name'));
    await this.#publisher.close();
    await this.#pumping;
    await this.#inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #stored(seq: number): void {
    this.#since ??= { epoch: this.#parts.epoch(), seq };
  }

  /** Whatever is in this database was sent since. */
  #lost({ epoch }: LogRecord): StreamError {
    this.#since = { epoch, seq: 0 };
    return lostError();
  }

  #progress(): Promise<{ readonly log: LogRecord; readonly next: number; readonly at: number }> {
    return this.#parts.database.run({ stores: ['meta'], mode: 'readonly' }, async (tx) => {
      const log = await readLog(tx);
      this.#parts.see(log);
      const { start, next } = laneOf(log, this.#lane);
      return { log, next, at: log.cursors[`pump ${this.#lane}`]?.at ?? start };
    });
  }

  async #checkRefused(since: Offset | undefined): Promise<void> {
    if (!since) return;
    const range = [[this.#lane, since.seq - 1] as const, [this.#lane, Number.POSITIVE_INFINITY] as const] as const;
    const [refused] = await this.#parts.database.run({ stores: ['dead'], mode: 'readonly' }, (tx) =>
      tx.list<DeadLetterRecord>('dead', ...range, 1),
    );
    if (refused) throw StreamError.from(refused.error);
  }
}
