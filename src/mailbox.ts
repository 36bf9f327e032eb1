/** Where a subscriber keeps what has arrived until it is acknowledged. Every shim's subscriber is a wire in front of one. */
import { Backlog, type Entry, inOrder } from './backlog.js';
import { closedError, StreamError } from './errors.js';
import { iterate } from './iterate.js';
import type { Batch, BatchOptions, BufferOptions } from './protocols.js';
import type { Guest } from './room.js';
import { unlessAborted } from './unless-aborted.js';

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

/** For wires that can be held, that want to hear what was acknowledged, or whose readers pick what is theirs. */
export class Mailbox<M> extends Backlog<M> {
  readonly #onAck: MailboxOptions<M>['onAck'];
  /** In order of arrival: what somebody holds, and what is finished while something older is not. */
  #given: Entry<M>[] = [];

  /** Room for 10,000 messages and 64 MiB unless told otherwise. Throws `TypeError` for limits below 1 and for unknown policies. */
  constructor({ onAck, ...limits }: MailboxOptions<M> = {}) {
    super(limits);
    this.#onAck = onAck;
  }

  /** Messages kept: waiting, or given and not acknowledged. */
  get size(): number {
    return this.room.items;
  }
  /** Of the messages kept. */
  get bytes(): number {
    return this.room.bytes;
  }

  /** For wires that can be held: settles once the message is in. Order is kept. Rejects with `closed`, or the signal's reason. */
  async put(message: M, bytes: number, signal?: AbortSignal): Promise<void> {
    if (this.closed) throw closedError();
    signal?.throwIfAborted();
    let guest!: Guest;
    let entered = false;
    const entering = new Promise<void>((resolve, reject) => {
      const admit = () => {
        this.add(message, bytes);
        entered = true;
        resolve();
      };
      guest = { bytes, admit, reject };
      this.room.enter(guest);
    });
    await unlessAborted(entering, signal, () => this.room.giveUp(guest)).catch((reason) => {
      if (!entered) throw reason;
    });
  }

  override batches({ until, ...options }: TakeOptions<M> = {}): AsyncIterableIterator<Batch<M>, undefined> {
    const batches = super.batches(options);
    if (!until) return batches;
    const leave = () => {
      until.removeEventListener('abort', leave);
      return batches.return?.() as Promise<IteratorReturnResult<undefined>>;
    };
    const next = async () => {
      try {
        return await batches.next();
      } catch (error) {
        if (options.signal?.aborted) await leave();
        throw error;
      }
    };
    if (until.aborted) void leave();
    else until.addEventListener('abort', leave);
    return iterate(next, leave);
  }

  override close(failure?: unknown): void {
    super.close(failure);
    this.room.close(closedError());
    if (failure === undefined) this.#given = [];
  }

  /** Forgets every message, given or waiting, because the wire will bring them again. News stays. */
  clear(): void {
    const forgotten = [...this.#given, ...this.waiting.filter(({ content }) => !(content instanceof StreamError))];
    this.#given = [];
    this.waiting = this.waiting.filter(({ content }) => content instanceof StreamError);
    super.acknowledge(forgotten);
  }

  protected override take(max: number, { accept }: TakeOptions<M>): Entry<M>[] {
    const taken = accept ? this.#pick(max, accept) : this.waiting.splice(0, max);
    const last = this.#given.at(-1);
    for (const entry of taken) this.#given.push(entry);
    if (last && taken[0] && taken[0].place < last.place) this.#given.sort(inOrder);
    return taken;
  }

  protected override giveBack(held: readonly Entry<M>[]): void {
    const back = new Set(held);
    this.#given = this.#given.filter((entry) => !back.has(entry));
    super.giveBack(held);
  }

  protected override acknowledge(entries: readonly Entry<M>[]): void {
    super.acknowledge(entries);
    const before = this.waiting[0]?.place ?? Infinity;
    const rest = this.#given.findIndex(({ place, finished }) => !finished || place > before);
    const told = this.#given.splice(0, rest < 0 ? Infinity : rest);
    const messages = told.flatMap(({ content }) => (content instanceof StreamError ? [] : [content]));
    if (messages.length > 0) this.#onAck?.(messages);
  }

  #pick(max: number, accept: (message: M) => boolean): Entry<M>[] {
    const taken: Entry<M>[] = [];
    const others: Entry<M>[] = [];
    for (const entry of this.waiting) {
      if (taken.length >= max) break;
      if (entry.content instanceof StreamError || accept(entry.content)) taken.push(entry);
      else others.push(entry);
    }
    this.waiting.splice(0, taken.length + others.length);
    if (others.length > 0) this.waiting = others.concat(this.waiting);
    return taken;
  }
}
