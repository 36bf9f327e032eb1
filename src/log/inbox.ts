import { messagePack } from '../codec.js';
import { type FilterOptions, type Judge, openGate } from '../filter.js';
import type { AnySubscriber, BatchSubscriber, Codec } from '../protocols.js';
import type { Given } from './inner.js';
import type { Parts } from './parts.js';
import { Pump } from './pump.js';
import type { Lane } from './records.js';
import { LogSubscriber, type LogSubscriberOptions } from './subscriber.js';

export interface InboxOptions extends LogSubscriberOptions, Pick<FilterOptions, 'filter' | 'onFilterError' | 'filterTimeoutMs'> {
  /** What is received is kept under this name, by one connection, for every inbox of that name in any tab. Default: `name`, or `'inbox'`. */
  readonly inbox?: string;
}

/**
 * A subscriber in front of another: what that receives is acknowledged to it once it is stored, and read from the log. One tab at a time receives;
 * what it is told of gaps is stored in line.
 */
export class Inbox extends LogSubscriber {
  override readonly codec: Codec;
  readonly #judges: Judge | undefined;
  readonly #pump: Pump<AnySubscriber>;
  #running: Promise<void> | undefined;

  /** @internal */
  constructor(parts: Parts, lane: Lane, given: Given<AnySubscriber>, options: InboxOptions) {
    super(parts, lane, '#', options);
    this.#judges = options.filter && openGate(options, () => {});
    this.#pump = new Pump(parts, lane, given);
    const { codec = messagePack } = this.#pump.job.first as BatchSubscriber;
    this.codec = codec;
  }

  /** Settles once everything published from now on will be stored, by whichever tab, and delivered. */
  override async ready(): Promise<void> {
    await this.start();
    const { code, job } = this.#pump;
    const pumps = await code.catch(() => undefined);
    await pumps?.ready(job, this.#running as Promise<void>);
  }

  /** Ends iterations, and receiving in this tab. */
  override async close(): Promise<void> {
    await super.close();
    await this.#pump.close();
  }

  /** The cursor is there before anything comes. */
  protected override async start(): Promise<void> {
    await super.start();
    this.#running ??= this.#pump.run(({ receive }, job) => receive(job, this.#judges)).catch((error) => super.close(error));
  }
}
