import { check } from '../check.js';
import { messagePack } from '../codec.js';
import { StreamError } from '../errors.js';
import { Mailbox, payloads } from '../mailbox.js';
import type { Batch, BatchOptions, BatchSubscriber, Codec } from '../protocols.js';
import { topicMatcher } from '../topic.js';
import { readLog } from './commit.js';
import { lostError } from './database.js';
import { follow } from './follow.js';
import type { Parts } from './parts.js';
import { aborted, patiently } from './patience.js';
import { checkFrom, type From, resolve } from './reading.js';
import { type Lane, type LogRecord, laneOf, type SegmentRecord, tick } from './records.js';
import { type LogMessage, messagesOf } from './segment.js';
import { serve, type Term } from './tenure.js';

export interface LogSubscriberOptions {
  /** Names a durable cursor: reading goes on where it stopped, in whichever tab. One tab at a time reads under it, the next in line takes over. */
  readonly name?: string;
  /** Where to begin, with a name only the first time. Default: `'start'` with a name, `'now'` without. */
  readonly from?: From;
  /** What may be given out and not yet acknowledged, together with what is read ahead. Default 10,000 messages. */
  readonly maxMessages?: number;
  /** The same in bytes; one message always fits. Default 4 MiB. Two pages of the log, of 2 MiB or one segment each, are in memory besides. */
  readonly maxBytes?: number;
}

export class LogSubscriber implements BatchSubscriber<LogMessage> {
  readonly codec: Codec = messagePack;
  readonly #parts: Parts;
  readonly #lane: Lane;
  readonly #matches: (topic: string) => boolean;
  readonly #options: LogSubscriberOptions;
  readonly #mailbox: Mailbox<LogMessage>;
  readonly #gone = new AbortController();
  #starting: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #term: Term | undefined;
  #epoch: string | undefined;
  /** Behind everything that was given to the mailbox, or passed over. */
  #read = 0;

  constructor(parts: Parts, lane: Lane, topicFilter: string, options: LogSubscriberOptions) {
    const { name, from, maxMessages = 10_000, maxBytes = 4 * 2 ** 20 } = options;
    check(name === undefined || (typeof name === 'string' && name !== ''), 'name', name, 'a non-empty string');
    if (from !== undefined) checkFrom(from);
    this.#parts = parts;
    this.#lane = lane;
    this.#matches = topicMatcher(topicFilter);
    this.#options = options;
    this.#mailbox = new Mailbox({ maxMessages, maxBytes, onAck: (messages) => this.#acknowledged(messages) });
  }

  /** Reads from this call on. */
  batches(options?: BatchOptions): AsyncIterable<Batch<LogMessage>> {
    this.start().catch((error) => this.#mailbox.close(error));
    // What was read ahead in a term that is over is another's: a page may come back, or wake up, with it.
    const accept = () => !this.#options.name || this.#term !== undefined;
    return this.#mailbox.batches({ ...options, accept });
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return payloads(this);
  }

  /** Settles once everything stored from now on will be delivered; with a name, once its cursor is kept. */
  ready(): Promise<void> {
    return this.start();
  }

  /** Ends iterations, after `failure` if there is one. A named cursor stays where the last acknowledgement left it. */
  async close(failure?: unknown): Promise<void> {
    this.#mailbox.close(failure);
    // What was acknowledged is stored before the next in line begins to read.
    await this.#starting?.catch(() => {});
    if (this.#term) await this.#parts.appender.flush();
    this.#gone.abort();
    await this.#running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  protected start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { name, from = name ? 'start' : 'now' } = this.#options;
    const { signal } = this.#gone;
    if (signal.aborted) return;
    const key = name && `${this.#lane}\0${name}`;
    const { log, at, lost } = await patiently(() => this.#register(key, from), signal);
    this.#parts.board.see(log);
    if (lost) this.#notify(lostError());
    this.#epoch = log.epoch;
    this.#read = at;
    const running = key ? serve(this.#parts, key, signal, (term) => this.#serve(term, key)) : this.#follow(signal);
    this.#running = running.catch((error) => {
      if (!signal.aborted) this.#mailbox.close(error);
    });
  }

  /** Where to begin; a name keeps its cursor from now on. */
  #register(key: string | undefined, from: From) {
    const mode = key ? 'readwrite' : 'readonly';
    return this.#parts.database.run({ stores: ['meta', 'segments'], mode }, async (tx) => {
      const log = await readLog(tx);
      const found = log.cursors[key ?? '']?.at ?? (await resolve(tx, log, this.#lane, from));
      const at = found ?? laneOf(log, this.#lane).start;
      if (key) {
        log.cursors[key] = { lane: this.#lane, name: this.#options.name as string, at, until: tick(log) + this.#parts.leaseMs };
        tx.put('meta', 'log', log);
      }
      return { log, at, lost: found === undefined };
    });
  }

  /** Under the lock of its name. What a term before had given out and was not acknowledged comes again. */
  async #serve(term: Term, key: string): Promise<void> {
    const over = () => {
      if (this.#term === term) this.#term = undefined;
    };
    this.#term = undefined;
    term.signal.addEventListener('abort', over);
    this.#mailbox.clear();
    this.#noticeEpoch(term.log);
    const cursor = term.log.cursors[key];
    this.#read = cursor?.at ?? 0;
    if (!term.signal.aborted) this.#term = term;
    if (!cursor) this.#move(this.#read); // lost with the database it was in
    await this.#follow(term.signal);
    if (this.#mailbox.closed) await aborted(term.signal);
    await this.#parts.appender.flush();
    over();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const position = { epoch: this.#epoch as string, at: this.#read };
    for await (const arrival of follow(this.#parts, this.#lane, position, signal)) {
      if ('record' in arrival) await this.#deliver(arrival.record, signal);
      else if ('news' in arrival) {
        this.#notify(arrival.news);
        this.#passed(arrival.to);
      } else {
        this.#noticeEpoch(arrival.log);
        // The term is over with the database that it began in, or the cursor was purged.
        if (this.#term && (arrival.lost || !arrival.log.cursors[this.#term.fence.key])) return;
        if (arrival.lost) this.#read = 0;
        else this.#renewLease(arrival.log);
      }
      if (signal.aborted || this.#mailbox.closed) return;
    }
  }

  async #deliver(record: SegmentRecord, signal: AbortSignal): Promise<void> {
    const mailbox = this.#mailbox;
    for (const { seq, message } of messagesOf(record, this.#epoch as string, this.#read, this.#matches)) {
      if (message instanceof StreamError) this.#notify(message);
      else {
        const bytes = message.payload.length;
        if (mailbox.room.fits(bytes)) mailbox.push(message, bytes);
        else await mailbox.put(message, bytes, signal).catch(() => {});
        if (signal.aborted || mailbox.closed) return;
      }
      this.#read = seq + 1;
    }
    this.#passed(record.first + record.index.length / 2);
  }

  #passed(at: number): void {
    this.#read = at;
    if (this.#mailbox.size === 0) this.#move(at);
  }

  #acknowledged(messages: readonly LogMessage[]): void {
    const { epoch, seq } = (messages.at(-1) as LogMessage).offset;
    if (epoch === this.#epoch) this.#move(this.#mailbox.size === 0 ? this.#read : seq + 1);
  }

  #move(at: number): void {
    if (this.#term)
      this.#parts.appender.move({ fence: this.#term.fence, cursor: { lane: this.#lane, name: this.#options.name as string, at } });
  }

  /** Somebody is reading, though nothing is there to acknowledge. */
  #renewLease({ cursors, time }: LogRecord): void {
    const cursor = this.#term && cursors[this.#term.fence.key];
    if (cursor && cursor.until < time + this.#parts.leaseMs / 2) this.#move(cursor.at);
  }

  #noticeEpoch({ epoch }: LogRecord): void {
    if (this.#epoch !== epoch) this.#notify(lostError());
    this.#epoch = epoch;
  }

  #notify(news: StreamError): void {
    this.#parts.board.count(news);
    this.#mailbox.notify(news);
  }
}
