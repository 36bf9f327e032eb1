/**
 * What has arrived and is not acknowledged: bounded in messages and bytes, and the one place where *pull is the acknowledgement* is made true.
 * Enough for a wire that cannot be held and wants no acknowledgements; `Mailbox` has the rest.
 */
import { Bell } from './bell.js';
import { check, checkOneOf } from './check.js';
import { StreamError } from './errors.js';
import { gap, isGap, mergeGaps } from './gap.js';
import { DONE, found, iterate } from './iterate.js';
import type { Batch, BatchOptions, BufferOptions } from './protocols.js';
import { Room } from './room.js';

export interface Entry<M> {
  content: M | StreamError;
  bytes: number;
  /** Its place in the order of arrival. */
  readonly place: number;
  /** Acknowledged, or forgotten. */
  finished: boolean;
}

/** Stands for a failure until it is closed. */
const OPEN = Symbol();

export class Backlog<M> {
  declare readonly maxBytes: number;
  /** @internal */
  declare readonly room: Room;
  /** In order of arrival; the others are in the hands of an iteration. */
  protected waiting: Entry<M>[] = [];
  readonly #arrival = new Bell();
  readonly #overflow: BufferOptions['overflow'];
  #arrived = 0;
  /** What it was closed with. */
  #failure: unknown = OPEN;
  /** Messages lost to the overflow policy. */
  dropped = 0;

  /** Room for 10,000 messages and 64 MiB unless told otherwise. Throws `TypeError` for limits below 1 and for unknown policies. */
  constructor({ maxMessages = 10_000, maxBytes = 64 * 2 ** 20, overflow = 'error' }: BufferOptions = {}) {
    check(maxMessages >= 1, 'maxMessages', maxMessages, 'at least 1');
    check(maxBytes >= 1, 'maxBytes', maxBytes, 'at least 1');
    checkOneOf('overflow', overflow, 'error', 'drop-oldest', 'drop-newest');
    this.maxBytes = maxBytes;
    this.room = new Room(maxMessages, maxBytes);
    this.#overflow = overflow;
  }

  get closed(): boolean {
    return this.#failure !== OPEN;
  }

  /** For wires that cannot be held: whether the message is kept; what the overflow policy lets go is counted, and leaves a gap in line. */
  push(message: M | StreamError, bytes: number): boolean {
    if (this.closed) return false;
    const policy = message instanceof StreamError ? 'drop-newest' : this.#overflow;
    if (policy === 'drop-oldest') this.#dropOldest(bytes);
    if (this.room.fits(bytes)) {
      this.room.take(bytes);
      this.add(message, bytes);
      return true;
    }
    this.dropped++;
    if (policy === 'error') {
      const { items: messages, bytes } = this.room;
      this.close(new StreamError('overflow', 'The buffer is full: read faster, raise maxMessages or maxBytes', { messages, bytes }));
    } else this.notify(gap('overflow', 1));
    return false;
  }

  /** Puts news from the wire in line: a gap, an invalid message. Gaps that follow each other become one; so does what finds no room. */
  notify(news: StreamError): void {
    if (!isGap(news)) this.push(news, 0);
    else if (!this.closed) {
      this.add(news, 0);
      this.#merge(this.waiting.length - 1);
    }
  }

  /**
   * Everything that has arrived, at least one message, at most `max`, as soon as somebody asks. Several iterations compete: each message is given to one.
   * Rejects with the signal's reason, which ends the iteration, or with what this was closed with. Leaving gives back what was not acknowledged,
   * in its old place. Throws `TypeError` when `max` is below 1.
   */
  batches(options: BatchOptions = {}): AsyncIterableIterator<Batch<M>, undefined> {
    const { max = Infinity, signal, ack = 'pull' } = options;
    check(max >= 1, 'max', max, 'at least 1');
    let held: Entry<M>[] = [];
    let left = false;
    const leave = async () => {
      left = true;
      this.giveBack(held.filter(open));
      held = [];
      return DONE;
    };
    const next = async (): Promise<IteratorResult<Batch<M>, undefined>> => {
      if (ack === 'pull') this.acknowledge(held);
      while (!left && this.#failure !== undefined) {
        if (signal?.aborted) await leave();
        signal?.throwIfAborted();
        const taken = this.take(max, options);
        if (taken.length > 0) {
          held = [...held.filter(open), ...taken];
          let acknowledged = 0;
          const acknowledge = (count = taken.length) => {
            if (!left) this.acknowledge(taken.slice(acknowledged, count));
            acknowledged = count;
          };
          return found({ messages: taken.map(({ content }) => content), ack: acknowledge });
        }
        if (this.closed) throw this.#failure;
        await this.#arrival.next(signal);
      }
      return DONE;
    };
    return iterate(next, leave);
  }

  /** Ends iterations: at once without a failure, with one after what is kept has been read. Idempotent; closing without one takes an earlier one back. */
  close(failure?: unknown): void {
    if (this.closed && failure !== undefined) return;
    this.#failure = failure;
    if (failure === undefined) this.waiting = [];
    this.#arrival.ring();
  }

  /** There is room for it. */
  protected add(content: M | StreamError, bytes: number): void {
    this.waiting.push({ content, bytes, place: this.#arrived++, finished: false });
    this.#arrival.ring();
  }

  /** Of what waits, at most so many. */
  protected take(max: number, _options: BatchOptions): Entry<M>[] {
    return this.waiting.splice(0, max);
  }

  protected giveBack(held: readonly Entry<M>[]): void {
    this.waiting = [...held, ...this.waiting].sort(inOrder);
    this.#arrival.ring();
  }

  /** A gap takes no room: it stands for what is not there. */
  protected acknowledge(entries: readonly Entry<M>[]): void {
    for (const entry of entries) {
      if (!entry.finished) this.room.leave(isGap(entry.content) ? 0 : 1, entry.bytes);
      entry.finished = true;
    }
  }

  /** Puts gaps in the place of the oldest waiting messages until there is room. What is in the consumer's hands stays. */
  #dropOldest(bytes: number): void {
    while (!this.room.fits(bytes)) {
      const oldest = this.waiting.find(({ content }) => !isGap(content));
      if (!oldest) return;
      const at = this.waiting.indexOf(oldest);
      this.room.leave(1, oldest.bytes);
      this.dropped++;
      oldest.content = gap('overflow', 1);
      oldest.bytes = 0;
      this.#merge(at + 1);
      this.#merge(at);
    }
  }

  /** Makes one of this gap and the one that came right before it, if both wait. */
  #merge(at: number): void {
    const first = this.waiting[at - 1];
    const second = this.waiting[at];
    const sum = first && second?.place === first.place + 1 && mergeGaps(first.content, second.content);
    if (!sum) return;
    second.content = sum;
    this.waiting.splice(at - 1, 1);
  }
}

export function inOrder(a: Entry<unknown>, b: Entry<unknown>): number {
  return a.place - b.place;
}

function open({ finished }: Entry<unknown>): boolean {
  return !finished;
}
