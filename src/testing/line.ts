import { StreamError } from '../errors.js';
import type { FarError, Port, ToFar, ToNear } from './far-protocol.js';

interface Waiter {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Calls across a port, in order. They wait until the other side is there. */
export class Line {
  readonly #port: Port;
  readonly #there: Promise<void>;
  readonly #waiting = new Map<number, Waiter>();
  readonly #signals = new Map<number, AbortSignal>();
  #calls = 0;

  constructor(port: Port) {
    this.#port = port;
    this.#there = new Promise((resolve) => {
      port.addEventListener('message', ({ data }) => {
        const heard = data as ToNear;
        if (heard.say === 'here') resolve();
        else this.#settle(heard);
      });
    });
    this.#say({ say: 'anyone there?' });
  }

  /** `options` go as the last argument, their signal by messages of its own. */
  async call<R = void>(
    part: number,
    method: string,
    args: readonly unknown[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<R> {
    const id = ++this.#calls;
    const { signal, ...plain } = options ?? {};
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    // Cloned now: the caller may change it as soon as this returns.
    const message = structuredClone({
      say: 'call',
      id,
      part,
      method,
      args: options ? [...args, plain] : args,
      signal: signal ? (signal.aborted ? 'aborted' : 'live') : 'none',
    } as const);
    await this.#there;
    this.#say(message);
    if (signal) this.#watch(id, signal);
    return (await answer) as R;
  }

  #watch(id: number, signal: AbortSignal): void {
    this.#signals.set(id, signal);
    const abort = () => this.#say({ say: 'abort', id });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }

  #settle(heard: Exclude<ToNear, { say: 'here' }>): void {
    const waiter = this.#waiting.get(heard.id);
    this.#waiting.delete(heard.id);
    if (heard.say === 'answer') waiter?.resolve(heard.value);
    else waiter?.reject(this.#unpack(heard.error));
  }

  #unpack(error: FarError): unknown {
    if (error.kind === 'stream') return StreamError.from(error.data);
    return error.kind === 'aborted' ? this.#signals.get(error.id)?.reason : error.error;
  }

  #say(message: ToFar): void {
    this.#port.postMessage(message);
  }
}
