import { messagePack } from '../codec.js';
import { StreamError } from '../errors.js';
import type { Codec, EventPublisher, Publisher, PublisherLimits, SendOptions } from '../protocols.js';
import { unlessAborted } from '../unless-aborted.js';
import type { Unflushed } from './flush.js';
import type { Given } from './inner.js';
import type { Parts } from './parts.js';
import { LIMITS, LogPublisher } from './publisher.js';
import { Pump } from './pump.js';
import type { Lane } from './records.js';

export interface OutboxOptions {
  /** Tells outboxes of one log apart; each has a line, and a connection, of its own. Default `'outbox'`. */
  readonly name?: string;
}

/**
 * A publisher in front of another: `send` settles when the message is stored. One tab at a time sends what is stored on, in order, and over all the time
 * that there is no connection nothing is lost. What the inner publisher refuses for good becomes a dead letter and holds nobody up.
 */
export class Outbox extends LogPublisher {
  override readonly codec: Codec;
  override readonly limits: PublisherLimits;
  readonly #pump: Pump<Publisher | EventPublisher>;
  readonly #unflushed: Unflushed;

  /** @internal */
  constructor(parts: Parts, lane: Lane, given: Given<Publisher | EventPublisher>) {
    const unflushed: Unflushed = { since: undefined };
    super(parts, lane, {
      durability: parts.durability ?? 'strict',
      onStored: (seq) => {
        unflushed.since ??= { epoch: parts.board.log.epoch, seq };
      },
    });
    this.#unflushed = unflushed;
    this.#pump = new Pump(parts, lane, given);
    const { codec = messagePack, limits } = this.#pump.job.first as Publisher;
    this.codec = codec;
    // What the inner publisher asks of its messages, the producer must know; the window to the log is another one than that to the broker.
    this.limits = { ...limits, inFlight: LIMITS.inFlight };
    this.#pump.run(({ send }, job) => send(job)).catch(() => {});
  }

  /**
   * Settles when the inner publisher has acknowledged everything stored before, in whichever tab that happens. Rejects with the reason when some of what was
   * sent since the last flush became a dead letter; with `data_lost` when the database vanished meanwhile, and perhaps some of it was not sent;
   * with `closed`, or the signal's reason: what is stored stays.
   */
  async flush({ signal }: SendOptions = {}): Promise<void> {
    const { code, job } = this.#pump;
    const { flush } = await unlessAborted(code, signal);
    await flush(job, this.#unflushed, signal);
  }

  /** Stops sending in this tab, and closes the inner publisher. What is stored is sent by the next tab, or the next visit. */
  override async close(): Promise<void> {
    await super.close();
    await this.#pump.close(new StreamError('closed', 'This outbox is closed: the next of its name sends what is stored'));
  }
}
