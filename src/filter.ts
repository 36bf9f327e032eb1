/** Asks filters, and makes sure that one which fails loses nothing unless told to. */
import { check, checkOneOf } from './check.js';
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
    check(filter === undefined || typeof filter === 'function', 'filter', filter, 'a function from metadata to boolean: true drops');
    // A longer timer fires at once.
    check(filterTimeoutMs > 0 && filterTimeoutMs < 2 ** 31, 'filterTimeoutMs', filterTimeoutMs, 'above 0 and below 2^31');
    checkOneOf('onFilterError', onFilterError, 'keep', 'drop', 'throw');
    this.#filter = filter;
    this.#onError = onFilterError;
    this.#timeoutMs = filterTimeoutMs;
  }

  /** One verdict for each, in order; false where there is nothing to judge by. At once when the filter answers at once. Never rejects. */
  judge(metadata: readonly (Metadata | undefined)[]): readonly Verdict[] | Promise<readonly Verdict[]> {
    const filter = this.#filter;
    const asked = filter ? metadata.filter((facts) => facts !== undefined) : [];
    if (!filter || asked.length === 0) return metadata.map(() => false);
    const decide = (given: unknown) => {
      const verdicts = this.#verdicts(given, asked.length).values();
      return metadata.map((facts) => facts !== undefined && (verdicts.next().value as Verdict));
    };
    const answers = filter.batch ? this.#attempt(() => filter.batch?.(asked)) : this.#each(filter, asked);
    return answers instanceof Promise ? answers.then(decide) : decide(answers);
  }

  #each(filter: Filter, asked: readonly Metadata[]): unknown {
    const answers = asked.map((facts) => this.#attempt(() => filter(facts)));
    return answers.some((answer) => answer instanceof Promise) ? Promise.all(answers) : answers;
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
      const late = () => resolve(failure(`The filter did not answer within ${this.#timeoutMs} ms`));
      const timer = setTimeout(late, this.#timeoutMs);
      const settle = (value: unknown) => {
        clearTimeout(timer);
        resolve(value);
      };
      // Not every thenable is a promise: this one may throw.
      Promise.resolve(answer).then(settle, (error) => settle(failed(error)));
    });
  }

  #verdicts(answer: unknown, count: number): Verdict[] {
    const complete = Array.isArray(answer) && answer.length === count;
    const wrong = answer instanceof StreamError ? answer : failure(`filter.batch must answer with ${count} booleans in order`);
    return Array.from({ length: count }, (_, i) => this.#verdict(complete ? answer[i] : wrong));
  }

  #verdict(answer: unknown): Verdict {
    if (typeof answer === 'boolean') return answer;
    this.errors++;
    if (this.#onError !== 'throw') return this.#onError === 'drop';
    return answer instanceof StreamError ? answer : failure(`The filter must answer true (drop) or false (keep), not ${String(answer)}`);
  }
}

function failed(error: unknown): StreamError {
  return toStreamError(error, 'filter_failed', 'The filter threw');
}

function failure(message: string): StreamError {
  return new StreamError('filter_failed', message);
}
