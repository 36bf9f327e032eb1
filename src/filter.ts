/** Asks filters, and makes sure that one which fails loses nothing unless told to. */
import { StreamError, toStreamError } from './errors.js';
import type { Metadata } from './events.js';
import type { Filter } from './protocols.js';

export interface FilterOptions {
  /** True drops the event. It sees metadata, never the object. */
  // biome-ignore lint/suspicious/noExplicitAny: a filter may name the metadata it expects
  readonly filter?: Filter<any> | undefined;
  /** What happens to an event whose filter throws, answers no boolean or takes too long. Default `'keep'`. Counted in any case. */
  readonly onFilterError?: 'keep' | 'drop' | 'throw';
  /** How long an asynchronous answer may take, in milliseconds. Default 10,000. */
  readonly filterTimeoutMs?: number;
}

/** True: drop it. An error: the filter failed and `onFilterError` is `'throw'`. */
export type Verdict = boolean | StreamError;

export class FilterGate {
  readonly #filter: Filter | undefined;
  readonly #onError: 'keep' | 'drop' | 'throw';
  readonly #timeoutMs: number;
  /** Events whose filter failed. */
  errors = 0;

  constructor({ filter, onFilterError = 'keep', filterTimeoutMs = 10_000 }: FilterOptions) {
    if (filter !== undefined && typeof filter !== 'function')
      throw new TypeError('filter must be a function from metadata to boolean: true drops');
    // A longer timer fires at once.
    if (!(filterTimeoutMs > 0 && filterTimeoutMs < 2 ** 31))
      throw new TypeError(`filterTimeoutMs must be above 0 and below 2^31, not ${filterTimeoutMs}`);
    if (!['keep', 'drop', 'throw'].includes(onFilterError))
      throw new TypeError(`onFilterError must be keep, drop or throw, not ${onFilterError}`);
    this.#filter = filter;
    this.#onError = onFilterError;
    this.#timeoutMs = filterTimeoutMs;
  }

  get open(): boolean {
    return this.#filter === undefined;
  }

  /** One verdict for each, in order; at once when the filter answers at once. Never rejects. */
  judge(metadata: readonly Metadata[]): readonly Verdict[] | Promise<readonly Verdict[]> {
    const filter = this.#filter;
    if (!filter || metadata.length === 0) return metadata.map(() => false);
    if (filter.batch) {
      const answer = this.#attempt(() => filter.batch?.(metadata));
      return answer instanceof Promise ? answer.then((given) => this.#all(given, metadata.length)) : this.#all(answer, metadata.length);
    }
    const answers = metadata.map((facts) => this.#attempt(() => filter(facts)));
    if (answers.some((answer) => answer instanceof Promise)) {
      return Promise.all(answers).then((given) => given.map((answer) => this.#verdict(answer)));
    }
    return answers.map((answer) => this.#verdict(answer));
  }

  #attempt(ask: () => unknown): unknown {
    try {
      const answer = ask();
      if (typeof (answer as PromiseLike<unknown>)?.then === 'function') return this.#inTime(answer as PromiseLike<unknown>);
      return answer;
    } catch (error) {
      return failed(error);
    }
  }

  #inTime(answer: PromiseLike<unknown>): Promise<unknown> {
    return new Promise((resolve) => {
      const late = () => resolve(new StreamError('filter_failed', `The filter did not answer within ${this.#timeoutMs} ms`));
      const timer = setTimeout(late, this.#timeoutMs);
      const settle = (value: unknown) => {
        clearTimeout(timer);
        resolve(value);
      };
      // Not every thenable is a promise: this one may throw.
      Promise.resolve(answer).then(settle, (error) => settle(failed(error)));
    });
  }

  #all(answer: unknown, count: number): Verdict[] {
    const complete = Array.isArray(answer) && answer.length === count;
    const wrong =
      answer instanceof StreamError ? answer : new StreamError('filter_failed', `filter.batch must answer with ${count} booleans in order`);
    return Array.from({ length: count }, (_, i) => this.#verdict(complete ? answer[i] : wrong));
  }

  #verdict(answer: unknown): Verdict {
    if (typeof answer === 'boolean') return answer;
    this.errors++;
    if (this.#onError !== 'throw') return this.#onError === 'drop';
    return answer instanceof StreamError
      ? answer
      : new StreamError('filter_failed', `The filter must answer true (drop) or false (keep), not ${String(answer)}`);
  }
}

function failed(error: unknown): StreamError {
  return toStreamError(error, 'filter_failed', 'The filter threw');
}
