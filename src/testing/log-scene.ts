/** What one test of a log plays in: a log that no other test uses, opened in as many places as it likes, and an end in which everything is closed. */
import { StreamError } from '../errors.js';
import type { Batch, BatchOptions, BatchSubscriber, Publisher } from '../protocols.js';
import { inTime } from './expect.js';
import type { KeptMessage, LogReading, LogSubject, LogWish, LogWorld } from './log.js';

export const TOPIC = 'topic';

export interface LogCase {
  /** The rest of a sentence that begins with the log. */
  readonly does: string;
  readonly wish?: LogWish;
  plays(scene: LogScene): Promise<void>;
}

export class LogScene {
  readonly name = `conformance-${crypto.randomUUID()}`;
  readonly subject: LogSubject;
  readonly #wish: LogWish;
  readonly #worlds: LogWorld[] = [];

  constructor(subject: LogSubject, wish: LogWish) {
    this.subject = subject;
    this.#wish = wish;
  }

  /** The same log once more, each time in the next place. */
  async open(place = this.#worlds.length % 3): Promise<LogWorld> {
    const world = await inTime(Promise.resolve(this.subject.open(this.name, this.#wish, place)), 'open() has not settled');
    this.#worlds.push(world);
    return world;
  }

  async close(): Promise<void> {
    for (const world of this.#worlds) await inTime(Promise.resolve(world.close()), 'close() has not settled');
    await inTime(Promise.resolve(this.subject.remove?.(this.name)), 'remove() has not settled');
  }
}

/** It has its place: everything stored from now on will come. */
export async function subscribe(world: LogWorld, reading?: LogReading, filter = '#'): Promise<BatchSubscriber<KeptMessage>> {
  const subscriber = await world.subscriber(filter, reading);
  await inTime(Promise.resolve(subscriber.ready?.()), 'ready() has not settled');
  return subscriber;
}

/** Reads, acknowledges by asking for more, and leaves the loop with so many; what came with the last is not acknowledged. */
export async function take(subscriber: BatchSubscriber<KeptMessage>, count: number): Promise<KeptMessage[]> {
  const { messages } = await takeAll(subscriber, count, {});
  return messages;
}

/** Reads so many and acknowledges exactly them. */
export async function consume(subscriber: BatchSubscriber<KeptMessage>, count: number): Promise<KeptMessage[]> {
  const { messages } = await consumeAll(subscriber, count);
  return messages;
}

/** The same, with what was said in between. */
export async function consumeAll(subscriber: BatchSubscriber<KeptMessage>, count: number): Promise<Taken> {
  return takeAll(subscriber, count, { ack: 'manual' });
}

export interface Taken {
  readonly messages: KeptMessage[];
  readonly news: StreamError[];
}

async function takeAll(subscriber: BatchSubscriber<KeptMessage>, count: number, options: BatchOptions): Promise<Taken> {
  const taken: Taken = { messages: [], news: [] };
  const iteration = subscriber.batches(options)[Symbol.asyncIterator]();
  while (taken.messages.length < count) {
    const { done, value } = await inTime(iteration.next(), `no more came after ${taken.messages.length} of ${count} messages`);
    if (done) throw new Error(`The subscriber ended after ${taken.messages.length} of ${count} messages`);
    put(value, count, taken, options.ack === 'manual');
  }
  await inTime(Promise.resolve(iteration.return?.()), 'the iteration cannot be left');
  return taken;
}

function put(batch: Batch<KeptMessage>, count: number, { messages, news }: Taken, acknowledge: boolean): void {
  let dealtWith = 0;
  for (const message of batch.messages) {
    if (messages.length === count) break;
    if (message instanceof StreamError) news.push(message);
    else messages.push(message);
    dealtWith++;
  }
  if (acknowledge) batch.ack(dealtWith);
}

const encoder = new TextEncoder();

/** Sends the numbers without waiting in between; settles when all are kept. */
export async function send(publisher: Publisher, numbers: readonly number[], topic = TOPIC, prefix = ''): Promise<void> {
  await inTime(Promise.all(numbers.map((n) => publisher.send(topic, encoder.encode(`${prefix}${n}`)))), 'not every send has settled');
}

export const textOf = ({ payload }: KeptMessage) => new TextDecoder().decode(payload);
export const numbersOf = (messages: readonly KeptMessage[]) => messages.map((message) => Number(textOf(message)));
