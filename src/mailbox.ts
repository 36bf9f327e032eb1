/**
 * Where a subscriber keeps what has arrived until it is acknowledged: bounded in messages and bytes, and the one place
 * where *pull is the acknowledgement* is made true. Every shim's subscriber is a wire in front of a mailbox.
 */
import { Bell } from './bell.js';
import { check, checkOneOf } from './check.js';
import { closedError, StreamError } from './errors.js';
import { gap, isGap, mergeGaps } from './gap.js';
import type { Batch, BatchOptions, BufferOptions } from './protocols.js';
import { Room } from './room.js';

export { gap } from './gap.js';
export { payloads } from './payloads.js';

export interface MailboxOptions<M> extends BufferOptions {
  /** Told what was acknowledged, in order of arrival, whatever order the consumer took. */
  readonly onAck?: (messages: readonly M[]) => void;
}

export interface TakeOptions<M> extends BatchOptions {
  /** Leaves what this says no to for others. */
  readonly accept?: (message: M) => boolean;
  /** Ends the iteration, as leaving it does: others get what it had not acknowledged. */
  readonly until?: AbortSignal;
}

interface Entry<M> {
  content: M | StreamError;
  bytes: number;
  state: 'waiting' | 'given' | 'done';
}

const DONE = { done: true, value: undefined } as const;

export class Mailbox<M> {
  readonly #room: Room;
  readonly #arrival = new Bell();
  readonly #overflow: BufferOptions['overflow'];
  readonly #onAck: ((messages: readonly M[]) => void) | undefined;
  #entries: Entry<M>[] = [];
  #firstWaiting = 0;
  #closed = false;
  #failure: unknown;
  /** Messages lost to the overflow policy. */
  dropped = 0;

  /** Room for 10,000 messages and 64 MiB unless told otherwise. Throws `TypeError` for limits below 1 and for unknown policies. */
  constructor({ maxMessages = 10_000, maxBytes = 64 * 2 ** 20, overflow = 'error', onAck }: MailboxOptions<M> = {}) {
    check(maxMessages >= 1, 'maxMessages', maxMessages, 'at least 1');
    check(maxBytes >= 1, 'maxBytes', maxBytes, 'at least 1');
    checkOneOf('overflow', overflow, 'error', 'drop-oldest', 'drop-newest');
    this.#room = new Room(maxMessages, maxBytes);
    this.#overflow = overflow;
    this.#onAck = onAck;
  }

  /** Messages kept: waiting, or given and not acknowledged. */
  get size(): number {
    return this.#room.items;
  }
  /** Of the messages kept. */
  get bytes(): number {
    return this.#room.bytes;
  }
  get closed(): boolean {
    return this.#closed;
  }

  /** For wires that can be held: settles once the message is in. Order is kept. Rejects with `closed`, or the signal's reason. */
  async put(message: M, bytes: number, signal?: AbortSignal): Promise<void> {
    if (this.#closed) throw closedError();
    await this.#room.enter(bytes, () => this.#add(message, bytes), signal);
  }

  /** For wires that cannot be held: whether the message is kept; what the overflow policy lets go is counted, and leaves a gap in line. */
  push(message: M, bytes: number): boolean {
    if (this.#closed) return false;
    if (this.#overflow === 'drop-oldest') this.#dropOldest(bytes);
    if (this.#room.fits(bytes)) {
      this.#room.take(bytes);
      this.#add(message, bytes);
      return true;
    }
    if (this.#overflow === 'error') {
      this.dropped++;
      this.close(this.#overflowError());
    } else this.#lose();
    return false;
  }

  /** Puts news from the wire in line: a gap, an invalid message. Gaps that follow each other become one; so does what finds no room. */
  notify(news: StreamError): void {
    if (this.#closed) return;
    if (!isGap(news)) {
      if (!this.#room.fits(0)) {
        this.#lose();
        return;
      }
      this.#room.take(0);
    }
    this.#add(news, 0);
    this.#merge(this.#entries.length - 2);
  }

  /**
   * Everything that has arrived, at least one message, at most `max`, as soon as somebody asks. Several iterations compete: each message is given to one.
   * Rejects with the signal's reason, which ends the iteration, or with what the mailbox was closed with. Leaving gives back what was not acknowledged,
   * in its old place. Throws `TypeError` when `max` is below 1.
   */
  batches({ max = Infinity, signal, ack = 'pull', accept = () => true, until }: TakeOptions<M> = {}): AsyncIterableIterator<Batch<M>> {
    check(max >= 1, 'max', max, 'at least 1');
    let held: Entry<M>[] = [];
    let left = until?.aborted;
    const leave = async () => {
      left = true;
      until?.removeEventListener('abort', leave);
      for (const entry of held) if (entry.state === 'given') entry.state = 'waiting';
      this.#firstWaiting = 0;
      held = [];
      this.#arrival.ring();
      return DONE;
    };
    const next = async (): Promise<IteratorResult<Batch<M>>> => {
      if (ack === 'pull') this.#done(held);
      while (!left) {
        if (signal?.aborted) await leave();
        signal?.throwIfAborted();
        const taken = this.#take(max, accept);
        if (taken.length > 0) {
          held = held.filter(({ state }) => state === 'given').concat(taken);
          return { done: false, value: this.#batch(taken, () => !left) };
        }
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#closed) break;
        await this.#arrival.next(signal);
      }
      return DONE;
    };
    until?.addEventListener('abort', leave);
    const iterator: AsyncIterableIterator<Batch<M>> = { next, return: leave, [Symbol.asyncIterator]: () => iterator };
    return iterator;
  }

  /** Ends iterations: at once without a failure, with one after what is kept has been read. Idempotent; closing without one takes an earlier one back. */
  close(failure?: unknown): void {
    if (this.#closed && failure !== undefined) return;
    this.#closed = true;
    this.#failure = failure;
    this.#room.close(closedError());
    if (failure === undefined) {
      this.#entries = [];
      this.#firstWaiting = 0;
    }
    this.#arrival.ring();
  }

  /** Forgets every message, given or waiting, because the wire will bring them again. News stays. */
  clear(): void {
    const entries = this.#entries;
    const news = (entry: Entry<M>) => entry.content instanceof StreamError && entry.state === 'waiting';
    this.#entries = entries.filter(news);
    this.#firstWaiting = 0;
    for (const entry of entries) if (!news(entry)) this.#settle(entry);
  }

  #lose(): void {
    this.dropped++;
    this.notify(gap('overflow', 1));
  }

  #add(content: M | StreamError, bytes: number): void {
    this.#entries.push({ content, bytes, state: 'waiting' });
    this.#arrival.ring();
  }

  #batch(entries: readonly Entry<M>[], mine: () => boolean): Batch<M> {
    let acknowledged = 0;
    const ack = (count = entries.length) => {
      if (count <= acknowledged || !mine()) return;
      this.#done(entries.slice(acknowledged, count));
      acknowledged = count;
    };
    return { messages: entries.map(({ content }) => content), ack };
  }

  #take(max: number, accept: (message: M) => boolean): Entry<M>[] {
    const entries = this.#entries;
    const taken: Entry<M>[] = [];
    for (let i = this.#firstWaiting; i < entries.length && taken.length < max; i++) {
      const entry = entries[i] as Entry<M>;
      if (entry.state !== 'waiting' || !(entry.content instanceof StreamError || accept(entry.content))) continue;
      entry.state = 'given';
      taken.push(entry);
    }
    while (entries[this.#firstWaiting] && entries[this.#firstWaiting]?.state !== 'waiting') this.#firstWaiting++;
    return taken;
  }

  #done(entries: readonly Entry<M>[]): void {
    for (const entry of entries) if (entry.state === 'given') this.#settle(entry);
    let count = 0;
    while (this.#entries[count]?.state === 'done') count++;
    this.#firstWaiting = Math.max(0, this.#firstWaiting - count);
    const finished = this.#entries.splice(0, count);
    const messages = finished.flatMap(({ content }) => (content instanceof StreamError ? [] : [content]));
    if (messages.length > 0) this.#onAck?.(messages);
  }

  /** A gap takes no room: it stands for what is not there. */
  #settle(entry: Entry<M>): void {
    if (entry.state !== 'done') this.#room.leave(isGap(entry.content) ? 0 : 1, entry.bytes);
    entry.state = 'done';
  }

  #overflowError(): StreamError {
    const { size: messages, bytes } = this;
    const advice = 'read faster, raise maxMessages or maxBytes, or let overflow drop';
    return new StreamError('overflow', `The buffer is full (${messages} messages, ${bytes} bytes): ${advice}`, { messages, bytes });
  }

  /** Puts gaps in the place of the oldest waiting messages until there is room. What is in the consumer's hands stays. */
  #dropOldest(bytes: number): void {
    for (let at = this.#firstWaiting; at < this.#entries.length && !this.#room.fits(bytes); at++) {
      const entry = this.#entries[at] as Entry<M>;
      if (entry.state !== 'waiting' || isGap(entry.content)) continue;
      this.#room.leave(1, entry.bytes);
      this.dropped++;
      entry.content = gap('overflow', 1);
      entry.bytes = 0;
      this.#merge(at);
      if (this.#merge(at - 1)) at--;
    }
  }

  /** Makes one of this gap and the next, if both still wait. */
  #merge(at: number): boolean {
    const first = this.#entries[at];
    const second = this.#entries[at + 1];
    const sum = first?.state === 'waiting' && second?.state === 'waiting' && mergeGaps(first.content, second.content);
    if (!sum) return false;
    first.content = sum;
    this.#entries.splice(at + 1, 1);
    return true;
  }
}
