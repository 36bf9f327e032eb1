/** One worker, from its start to its end. */
import type { FromWorker, ToWorker } from './protocol.js';
import type { Question } from './question.js';
import { spawn } from './spawn.js';

export interface Listener {
  /** It runs a module that has called `serveFilters`. */
  readonly onReady: () => void;
  /** It will never be ready. */
  readonly onNoStart: (cause: unknown) => void;
  readonly onMessage: (data: FromWorker) => void;
  /** A message that is not ours, or an error that nobody caught. */
  readonly onStray: () => void;
}

type Body = ToWorker extends infer M ? (M extends ToWorker ? Omit<M, 'proxystream' | 'token'> : never) : never;

export class WorkerLife {
  /** The questions that it knows. */
  readonly defined = new Set<Question>();
  readonly #worker: Worker;
  readonly #token = Math.trunc(Math.random() * 2 ** 52);
  readonly #ended = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  #ready = false;

  /** Throws what `factory` throws. */
  constructor(factory: () => Worker, startMs: number, { onReady, onNoStart, onMessage, onStray }: Listener) {
    this.#worker = spawn(factory);
    this.#timer = setTimeout(() => onNoStart(new Error(`no word from serveFilters within ${startMs} ms`)), startMs);
    const { signal } = this.#ended;
    const hear = ({ data }: MessageEvent<FromWorker | undefined>) => {
      if (data?.token !== this.#token) onStray();
      else if (this.#ready) onMessage(data);
      else if (data.kind === 'ready') {
        this.#ready = true;
        clearTimeout(this.#timer);
        onReady();
      }
    };
    const err = (event: ErrorEvent) => {
      if (this.#ready) return onStray();
      event.preventDefault(); // told of as the reason why it did not start
      onNoStart(new Error(event.message || 'its script could not be loaded, or is no JavaScript'));
    };
    this.#worker.addEventListener('message', hear, { signal });
    this.#worker.addEventListener('messageerror', onStray, { signal });
    this.#worker.addEventListener('error', err, { signal });
    this.post({ kind: 'hello' });
  }

  /** Throws `DataCloneError` for what is not plain data. */
  post(message: Body): void {
    this.#worker.postMessage({ proxystream: 1, token: this.#token, ...message });
  }

  /** Whatever it is doing; nothing is heard of it any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#ended.abort();
    this.#worker.terminate();
  }
}
