/** Sends what an outbox holds: in order, with a window in flight, again after what may pass, past what never will. */
import { Bell } from '../bell.js';
import { messagePack } from '../codec.js';
import { StreamError, toStreamError } from '../errors.js';
import type { EventPublisher, Message, Publisher } from '../protocols.js';
import { type Fence, fencedError, holds, readLog } from './commit.js';
import { follow, type Position } from './follow.js';
import { readHeader } from './header.js';
import type { Inner } from './inner.js';
import type { Parts } from './parts.js';
import { patiently, pause } from './patience.js';
import { type DeadLetterRecord, type Lane, laneOf } from './records.js';
import { type LogMessage, messagesOf } from './segment.js';
import type { PumpState } from './status.js';
import type { Term } from './tenure.js';

/** A message refused so often, each time by a broker that was there, is refused for good. */
const MAX_REFUSALS = 5;
const MIN_PAUSE_MS = 200;
const MAX_PAUSE_MS = 30_000;

interface Sending {
  readonly seq: number;
  readonly message: LogMessage;
  state: 'waiting' | 'sent' | 'done';
  refusals: number;
  error?: unknown;
}

export class Drain {
  readonly #parts: Parts;
  readonly #lane: Lane;
  readonly #inner: Inner<Publisher | EventPublisher>;
  readonly #bell = new Bell();
  /** Read and not yet out of the way, in order. */
  #window: Sending[] = [];
  #failures = 0;
  #sent = 0;

  constructor(parts: Parts, lane: Lane, inner: Inner<Publisher | EventPublisher>) {
    this.#parts = parts;
    this.#lane = lane;
    this.#inner = inner;
  }

  /** Works until its term is over. Rejects when the inner publisher was closed and there can be no other. */
  async work({ fence, log, signal }: Term): Promise<void> {
    this.#show({ leader: true, moved: 0, error: undefined, term: fence.term });
    this.#window = [];
    this.#sent = 0;
    const at = log.cursors[fence.key]?.at ?? laneOf(log, this.#lane).start;
    const line = tail(this.#parts, this.#lane, { epoch: log.epoch, at }, signal);
    let pulling: Promise<unknown> | undefined;
    let ended = false;
    const pull = async () => {
      const { done, value } = await line.next();
      pulling = undefined;
      if (value) this.#window.push({ ...value, state: 'waiting', refusals: 0 });
      ended = done === true;
      this.#bell.ring();
    };
    try {
      while (!signal.aborted && !ended) {
        const rung = this.#bell.next(signal);
        if (this.#advance(fence)) continue;
        if (this.#window.some(({ error }) => error !== undefined)) {
          if (this.#settled) await this.#recover(fence, signal);
          else await rung;
          continue;
        }
        this.#launch(signal);
        if (this.#window.length < this.#width) pulling ??= pull();
        await rung;
      }
      await pulling;
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#show({ leader: false });
      await Promise.all([line.return(), this.#parts.appender.flush(), this.#inner.retire()]);
    }
  }

  get #width(): number {
    return (this.#inner.current as Publisher).limits?.inFlight ?? 1;
  }

  /** Nothing is under way. */
  get #settled(): boolean {
    return !this.#window.some(({ state, error }) => state === 'sent' && error === undefined);
  }

  #launch(signal: AbortSignal): void {
    for (const sending of this.#window) {
      if (sending.state !== 'waiting') continue;
      sending.state = 'sent';
      deliver(this.#inner.use(), sending.message, signal)
        .then(
          () => {
            sending.state = 'done';
          },
          (error) => {
            sending.error = error ?? new StreamError('connection_lost', 'Failed without a reason');
          },
        )
        .finally(() => this.#bell.ring());
    }
  }

  /** Passes what is out of the way; true when something was. */
  #advance(fence: Fence): boolean {
    const count = this.#window.findIndex(({ state }) => state !== 'done');
    const passed = this.#window.splice(0, count < 0 ? this.#window.length : count);
    const last = passed.at(-1);
    if (!last) return false;
    this.#failures = 0;
    this.#parts.appender.move({ fence, cursor: { lane: this.#lane, name: '', at: last.seq + 1 } });
    // Whoever waits for the last one need not wait for the next transaction.
    if (this.#window.length === 0) void this.#parts.appender.flush();
    this.#sent += passed.length;
    this.#show({ moved: this.#sent, error: undefined });
    return true;
  }

  /** The others of the window have found their own end: what was accepted is not sent twice, and nothing newer goes before what failed. */
  async #recover(fence: Fence, signal: AbortSignal): Promise<void> {
    const failed = this.#window.filter(({ error }) => error !== undefined);
    let spent = this.#inner.failed;
    for (const sending of failed) {
      const error = toStreamError(sending.error, 'refused', 'The inner publisher failed');
      if (signal.aborted) return;
      this.#show({ error });
      if (error.code === 'closed' && !this.#inner.renewable) throw error;
      // A connection that is refused says nothing about the message.
      spent ||= error.code === 'closed';
      const itself = !spent;
      if (itself && error.code === 'refused') sending.refusals++;
      if (!itself || (error.retryable && sending.refusals < MAX_REFUSALS)) continue;
      await patiently(() => bury(this.#parts, this.#lane, fence, sending, error), signal);
      sending.state = 'done';
      sending.error = undefined;
    }
    const again = failed.filter(({ state }) => state !== 'done');
    if (again.length === 0) return;
    if (spent) await this.#inner.retire();
    await pause(Math.random() * Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS * 2 ** ++this.#failures), signal);
    for (const sending of again) Object.assign(sending, { state: 'waiting', error: undefined });
  }

  #show(state: Partial<PumpState>): void {
    this.#parts.board.show(this.#lane, state);
  }
}

/** Events as events where the wire carries them: whoever reads there may know no codec. */
async function deliver(publisher: Publisher | EventPublisher, { topic, payload }: Message, signal: AbortSignal): Promise<void> {
  if ('sendEvents' in publisher && readHeader(payload)) await publisher.sendEvents(messagePack.decode(payload, topic), { signal });
  else if ('send' in publisher) await publisher.send(topic, payload, { signal });
  else throw new StreamError('unsupported', 'These bytes are no events, and the inner publisher sends nothing else');
}

/** The dead letter is kept in the transaction that lets the others past it. */
async function bury(parts: Parts, lane: Lane, fence: Fence, { seq, message }: Sending, error: StreamError): Promise<void> {
  const log = await parts.database.run({ durability: parts.durability ?? 'strict' }, async (tx) => {
    const log = await readLog(tx);
    if (!holds(log, fence)) throw fencedError();
    const counted = laneOf(log, lane);
    const payload = message.payload.slice().buffer;
    tx.put('dead', [lane, seq], {
      lane,
      seq,
      topic: message.topic,
      payload,
      error: error.toJSON(),
      time: log.time,
    } satisfies DeadLetterRecord);
    counted.deadLetters++;
    log.bytes += payload.byteLength;
    tx.put('meta', 'log', log);
    return log;
  });
  parts.board.see(log);
}

/** The messages alone; ends with the epoch. What is missing is counted. */
async function* tail(
  parts: Parts,
  lane: Lane,
  position: Position,
  signal: AbortSignal,
): AsyncGenerator<{ seq: number; message: LogMessage }, void> {
  for await (const arrival of follow(parts, lane, position, signal)) {
    if ('news' in arrival) parts.board.count(arrival.news);
    else if ('record' in arrival) {
      for (const { seq, message } of messagesOf(arrival.record, position.epoch, arrival.from, () => true)) {
        if (!(message instanceof StreamError)) yield { seq, message };
      }
    } else if (arrival.lost) return;
  }
}
