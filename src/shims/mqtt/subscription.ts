import { gap } from '../../mailbox.js';
import type { Message } from '../../protocols.js';
import type { Inlet } from './inlet.js';
import type { Receipt } from './receipt.js';

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** One subscriber on a session: what it was given and has not acknowledged, and whether the broker knows it. */
export class Subscription {
  /** On MQTT 5, what the broker calls it. */
  readonly id: number;
  readonly unacked = new Map<Message, Receipt>();
  /** Someone reads it. */
  wanted = false;
  /** The broker has granted it, in the session that is open or will resume. */
  granted = false;
  /** It had no room: nothing more is taken on this connection, so that the order stays. */
  deferring = false;
  #live = false;
  #away = false;
  #waiters: Waiter[] = [];

  constructor(
    readonly inlet: Inlet,
    readonly persistent: boolean,
  ) {
    this.id = subscriptionId(inlet.filter);
  }

  get filter(): string {
    return this.inlet.filter;
  }

  deliver(message: Message, receipt: Receipt | undefined): void {
    const { mailbox, limits } = this.inlet;
    const bytes = message.payload.length + message.topic.length;
    if (!receipt || this.inlet.qos === 0) {
      mailbox.push(message, bytes);
      return;
    }
    if (this.persistent && (this.deferring || !mailbox.room.fits(bytes))) {
      this.deferring = true;
      receipt.deferred = true;
      return;
    }
    const kept = mailbox.push(message, bytes) || (limits.overflow === 'drop-oldest' && !mailbox.closed);
    if (!kept) return;
    this.unacked.set(message, receipt);
    receipt.pending++;
  }

  /** What the mailbox dropped in between counts as acknowledged: it tells of what was read only, in order. */
  acknowledge(messages: readonly Message[]): void {
    for (const message of messages) {
      if (!this.unacked.has(message)) continue;
      for (const [earlier, receipt] of this.unacked) {
        this.unacked.delete(earlier);
        receipt.pending--;
        if (earlier === message) break;
      }
    }
  }

  /** There is room again for what was deferred, and nothing of this connection waits for its PUBACK. */
  get drained(): boolean {
    const { mailbox, limits } = this.inlet;
    const { maxMessages, maxBytes } = limits;
    return this.deferring && this.unacked.size === 0 && mailbox.size <= maxMessages / 2 && mailbox.bytes <= maxBytes / 2;
  }

  down(): void {
    this.deferring = false;
    this.#live = false;
    this.#away ||= this.granted;
    if (!this.persistent) this.granted = false;
  }

  up(sessionPresent: boolean): void {
    if (!sessionPresent) this.granted = false;
    const missed = (this.#away || this.inlet.resumes) && (!sessionPresent || this.inlet.qos === 0);
    this.#away = this.inlet.resumes = false;
    if (missed) this.inlet.mailbox.notify(gap('session_lost', undefined, this.filter));
  }

  /** Settles once the broker knows it, on a connection that stands: while there is none, the broker may be forgetting. */
  ready(): Promise<void> {
    if (this.#live) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** The broker knows it. */
  grant(): void {
    this.granted = true;
    this.#live = true;
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  /** Gives up what it holds, so that it is in nobody's way. Without a failure the iteration ends at once, with one after what is kept. */
  end(error: unknown, failure?: unknown): void {
    for (const receipt of this.unacked.values()) receipt.pending--;
    this.unacked.clear();
    this.inlet.mailbox.close(failure);
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }
}

/** The same in every life of a session, for what the broker kept still carries it. */
function subscriptionId(filter: string): number {
  let hash = 0x811c9dc5; // FNV-1a
  for (const char of filter) hash = Math.imul(hash ^ (char.codePointAt(0) as number), 0x01000193);
  return ((hash >>> 0) % 268_435_455) + 1;
}
