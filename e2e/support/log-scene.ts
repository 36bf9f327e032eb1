/** For tests: logs of their own, and words for what goes in and out. */
import { onTestFinished } from 'vitest';
import { StreamError } from '../../src/errors.js';
import { type Log, type LogOptions, openLog } from '../../src/log/index.js';
import type { Batch, BatchOptions, Message, Publisher } from '../../src/protocols.js';

/** A log that no other test uses. Closed and removed when the test is over. */
export async function freshLog(options: LogOptions = {}): Promise<Log> {
  const name = `test-${crypto.randomUUID()}`;
  onTestFinished(async () => {
    await log.close();
    await removed(`proxystream/log/${name}`);
  });
  const log = await openLog(name, options);
  return log;
}

/** The same log once more, with everything of its own, as another tab would have it. */
export async function open(log: Log, options: LogOptions = {}): Promise<Log> {
  const again = await openLog(log.name, options);
  onTestFinished(() => again.close());
  return again;
}

export function removed(database: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(database);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}

export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (message: Message | undefined) => new TextDecoder().decode(message?.payload);
/** `'0'` to `'99'`. */
export const items = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `${from + i}`);

/** Sends the numbers from `from` on, without waiting in between; settles when all are. */
export async function sendAll(publisher: Publisher, count: number, { from = 0, topic = 't' } = {}): Promise<void> {
  await Promise.all(items(count, from).map((item) => publisher.send(topic, bytes(item))));
}

interface Readable<M> {
  batches(options?: BatchOptions): AsyncIterable<Batch<M>>;
  close(): Promise<void>;
}

/** Reads so many messages and acknowledges them all. News is left out. */
export async function read<M extends Message>(subscriber: Readable<M>, count: number): Promise<M[]> {
  return (await readWithNews(subscriber, count)).filter((message) => !(message instanceof StreamError)) as M[];
}

/** The same with the news, which does not count. */
export async function readWithNews<M extends Message>(subscriber: Readable<M>, count: number): Promise<(M | StreamError)[]> {
  const all: (M | StreamError)[] = [];
  let left = count;
  while (left > 0) {
    const iteration = subscriber.batches({ max: left, ack: 'manual' })[Symbol.asyncIterator]();
    const { value, done } = await iteration.next();
    if (done) throw new Error(`The subscriber ended after ${all.length} of ${count} messages`);
    all.push(...value.messages);
    value.ack();
    await iteration.return?.();
    left -= value.messages.filter((message: unknown) => !(message instanceof StreamError)).length;
  }
  return all;
}
