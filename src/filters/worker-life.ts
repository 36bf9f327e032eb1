/** One worker, from its start to its end. */
import { type FromWorker, HELLO, type Order, type Reply } from './protocol.js';
import type { Question } from './question.js';
import { spawn } from './spawn.js';

/** Where questions go: to a worker, or to what stands in for it on the page. */
export interface Line {
  /** The questions that it knows. */
  readonly defined: Set<Question>;
  /** Throws `DataCloneError` for what is not plain data. */
  post(order: Order, transfer?: Transferable[]): void;
  /** Whatever it is doing; nothing is heard of it any more. */
  end(): void;
}

export interface Listener {
  /** It runs a module that has called `serveFilters`. */
  readonly onReady: () => void;
  /** It will never be ready. */
  readonly onNoStart: (cause: unknown) => void;
  readonly onReply: (reply: Reply) => void;
  /** A message that is not ours, or an error that nobody caught. */
  readonly onStray: () => void;
}

/** Throws what `factory` throws. */
export function startLife(factory: () => Worker, startMs: number, { onReady, onNoStart, onReply, onStray }: Listener): Line {
  const worker = spawn(factory);
  // What a filter posts by itself does not come this way.
  const { port1, port2 } = new MessageChannel();
  const ended = new AbortController();
  const timer = setTimeout(() => onNoStart(new Error(`no serveFilters within ${startMs} ms`)), startMs);
  let ready = false;
  port1.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (data) return onReply(data);
    ready = true;
    clearTimeout(timer);
    onReady();
  };
  const error = (event: ErrorEvent) => {
    if (ready) return onStray();
    event.preventDefault(); // told of as the reason why it did not start
    onNoStart(new Error(event.message || 'its script could not be loaded'));
  };
  for (const [type, listener] of Object.entries({ error, message: onStray, messageerror: onStray }))
    worker.addEventListener(type, listener as EventListener, { signal: ended.signal });
  worker.postMessage(HELLO, [port2]);
  return {
    defined: new Set(),
    post: (order, transfer = []) => port1.postMessage(order, transfer),
    end() {
      clearTimeout(timer);
      ended.abort();
      port1.close();
      worker.terminate();
    },
  };
}
