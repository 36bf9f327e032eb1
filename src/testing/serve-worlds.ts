/**
 * The far side of a world: makes the publishers and subscribers that the suite asks for in another tab or worker.
 *
 * ```ts
 * serveWorlds(self, (channel, buffer) => world(channel, buffer)); // in the worker
 * ```
 */
import { StreamError } from '../errors.js';
import type { EventBatch } from '../events.js';
import type { Batch, BatchSubscriber, Message, Publisher } from '../protocols.js';
import type { FarError, FarNext, FarPart, Port, ToFar, ToNear } from './far-protocol.js';
import type { LogWorld } from './log.js';
import type { Maybe, ShimWorld } from './shim.js';

export type { Port } from './far-protocol.js';

type Call = Extract<ToFar, { say: 'call' }>;

/** Makes whoever asks a world of `open`, with what `farWorlds` was given for it. Answers for as long as this tab or worker lives. */
// biome-ignore lint/suspicious/noExplicitAny: the wishes are between the two files that call serveWorlds and farWorlds
export function serveWorlds(port: Port, open: (...wishes: any[]) => Maybe<ShimWorld | LogWorld>): void {
  const parts: unknown[] = [{ open }];
  const waits = new Map<number, AbortController>();
  const tell = (message: ToNear) => port.postMessage(message);

  port.addEventListener('message', ({ data }) => {
    const heard = data as ToFar;
    if (heard.say === 'anyone there?') tell({ say: 'here' });
    else if (heard.say === 'abort') waits.get(heard.id)?.abort(new Aborted(heard.id));
    else answer(heard);
  });
  tell({ say: 'here' });

  async function answer(call: Call): Promise<void> {
    try {
      tell({ say: 'answer', id: call.id, value: await perform(call) });
    } catch (error) {
      tell({ say: 'failure', id: call.id, error: pack(error) });
    }
  }

  async function perform({ id, part, method, args, signal }: Call): Promise<unknown> {
    const target = parts[part] as Record<string, (...args: readonly unknown[]) => unknown>;
    if (typeof target[method] !== 'function') return target[method];
    const result = await target[method](...(signal === 'none' ? args : withSignal(id, args, signal)));
    if (method === 'next') return next(result as IteratorResult<Batch<Message | EventBatch>>);
    if (method === 'batches') return made((result as AsyncIterable<unknown>)[Symbol.asyncIterator]());
    return typeof result === 'object' ? made(result as object) : result;
  }

  function withSignal(id: number, args: readonly unknown[], signal: Call['signal']): unknown[] {
    const controller = new AbortController();
    waits.set(id, controller);
    if (signal === 'aborted') controller.abort(new Aborted(id));
    return [...args.slice(0, -1), { ...(args.at(-1) as object), signal: controller.signal }];
  }

  function made(part: object): FarPart {
    const has = ['send', 'sendEvents', 'batches', 'ready', 'dropped'].filter((name) => name in part);
    const { limits, competing } = part as Publisher & BatchSubscriber;
    return { part: parts.push(part) - 1, has, limits, competing };
  }

  function next({ done, value }: IteratorResult<Batch<Message | EventBatch>>): FarNext {
    if (done) return { done };
    const messages = value.messages.map((message) => (message instanceof StreamError ? { news: message.toJSON() } : message));
    return { done: false, part: parts.push(value) - 1, messages };
  }
}

class Aborted {
  constructor(readonly id: number) {}
}

function pack(error: unknown): FarError {
  if (error instanceof Aborted) return { kind: 'aborted', id: error.id };
  return error instanceof StreamError ? { kind: 'stream', data: error.toJSON() } : { kind: 'other', error };
}
