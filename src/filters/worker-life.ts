/** One worker, from its start to its end. */
import type { FromWorker, Order, Reply } from './protocol.js';
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
  const token = Math.random();
  const ended = new AbortController();
  const { signal } = ended;
  const timer = setTimeout(() => onNoStart(new Error(`no word from serveFilters within ${startMs} ms`)), startMs);
  let ready = false;
  const hear = ({ data }: MessageEvent<FromWorker | undefined>) => {
    if (data?.token !== token) onStray();
    else if (data.reply) onReply(data.reply);
    else {
      ready = true;
      clearTimeout(timer);
      onReady();
    }
  };
  const err = (event: ErrorEvent) => {
    if (ready) return onStray();
    event.preventDefault(); // told of as the reason why it did not start
    onNoStart(new Error(event.message || 'its script could not be loaded, or is no JavaScript'));
  };
  const listeners = { message: hear, messageerror: onStray, error: err };
  for (const [type, listener] of Object.entries(listeners)) worker.addEventListener(type, listener as EventListener, { signal });
  const post = (order: Order, transfer: Transferable[] = []) => worker.postMessage({ proxystream: 1, token, ...order }, transfer);
  post({ kind: 'hello' });
  return {
    defined: new Set(),
    post,
    end() {
      clearTimeout(timer);
      ended.abort();
      worker.terminate();
    },
  };
}
