/**
 * The near side of a world in another tab or worker: its publishers and subscribers, in the hands of the suite here.
 *
 * ```ts
 * const openFar = farWorlds(new Worker(new URL('./far.ts', import.meta.url), { type: 'module' }));
 * const world = await openFar(channel, buffer);
 * ```
 */
import { StreamError } from '../errors.js';
import type { EventBatch } from '../events.js';
import type { Batch, BatchOptions, Message, SendOptions } from '../protocols.js';
import type { FarNext, FarPart, Port } from './far-protocol.js';
import { Line } from './line.js';
import type { LogWorld } from './log.js';
import type { ShimWorld } from './shim.js';

/** Opens worlds (or logs) at the other end of the port, where `serveWorlds` is listening or soon will be. Subscribers there are read by their `batches()`. */
export function farWorlds<World extends ShimWorld | LogWorld = ShimWorld>(port: Port): (...wishes: readonly unknown[]) => Promise<World> {
  const line = new Line(port);
  return async (...wishes) => {
    const { part } = await line.call<FarPart>(0, 'open', wishes);
    return {
      publisher: async () => publisher(line, await line.call<FarPart>(part, 'publisher', [])),
      subscriber: async (...args: readonly unknown[]) => subscriber(line, await line.call<FarPart>(part, 'subscriber', args)),
      close: () => line.call(part, 'close', []),
    } as object as World;
  };
}

function publisher(line: Line, { part, has, limits }: FarPart): object {
  return {
    ...(limits && { limits }),
    ...(has.includes('send') && {
      send: (topic: string, message: Uint8Array, options?: SendOptions) => line.call(part, 'send', [topic, message], options ?? {}),
    }),
    ...(has.includes('sendEvents') && {
      sendEvents: (batch: EventBatch, options?: SendOptions) => line.call(part, 'sendEvents', [batch], options ?? {}),
    }),
    ...closing(line, part),
  };
}

function subscriber(line: Line, { part, has, competing }: FarPart): object {
  const batches = (options: BatchOptions = {}) => iteration(line, line.call<FarPart>(part, 'batches', [], options));
  const { close, ...disposing } = closing(line, part);
  let closed = false;
  async function* payloads(): AsyncGenerator<Uint8Array> {
    for await (const batch of batches()) {
      for (const [i, message] of batch.messages.entries()) {
        if (closed) return;
        if ('payload' in message) yield message.payload;
        batch.ack(i + 1);
      }
    }
  }
  return {
    ...(competing !== undefined && { competing }),
    batches,
    // One by one across the port would take a round trip for each.
    [Symbol.asyncIterator]: payloads,
    ...(has.includes('ready') && { ready: () => line.call(part, 'ready', []) }),
    get dropped() {
      return line.call(part, 'dropped', []);
    },
    close: () => {
      closed = true;
      return close();
    },
    ...disposing,
  };
}

function closing(line: Line, part: number) {
  const close = () => line.call(part, 'close', []);
  return { close, [Symbol.asyncDispose]: close };
}

function iteration(line: Line, made: Promise<FarPart>): AsyncIterableIterator<Batch<Message | EventBatch>> {
  made.catch(() => {}); // whoever calls `next` hears it
  return {
    async next() {
      const next = await line.call<FarNext>((await made).part, 'next', []);
      if (next.done) return { done: true, value: undefined };
      const messages = next.messages.map((message) => ('news' in message ? StreamError.from(message.news) : message));
      return { done: false, value: { messages, ack: (...count) => void line.call(next.part, 'ack', count) } };
    },
    async return() {
      await line.call((await made).part, 'return', []);
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
