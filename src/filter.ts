/** Asks filters, and makes sure that one which fails loses nothing unless told to. */
import { after } from './after.js';
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

/**
 * One verdict for each, in order; false where there is nothing to judge by. At once when the filter answers at once. Never rejects.
 */
export type Judge = (metadata: readonly (Metadata | undefined)[]) => readonly Verdict[] | Promise<readonly Verdict[]>;

/** `onFailure` is called for each event whose filter fails. */
export function openGate({ filter, onFilterError = 'keep', filterTimeoutMs = 10_000 }: FilterOptions, onFailure?: () => void): Judge {
  check(filter === undefined || typeof filter === 'function', 'filter', filter, 'a function');
  // A longer timer fires at once.
  check(filterTimeoutMs > 0 && filterTimeoutMs < 2 ** 31, 'filterTimeoutMs', filterTimeoutMs, 'a number of milliseconds below 2^31');
  checkOneOf('onFilterError', onFilterError, 'keep', 'drop', 'throw');
  return (metadata) => {
    const asked = filter ? metadata.filter((facts) => facts !== undefined) : [];
    if (!filter || asked.length === 0) return metadata.map(() => false);
    const decide = (answers: unknown) => {
      const complete = Array.isArray(answers) && answers.length === asked.length;
      let next = 0;
      return metadata.map((facts) => facts !== undefined && (complete ? verdict(answers[next++]) : failed(answers)));
    };
    const answers = filter.batch ? attempt(() => filter.batch?.(asked)) : each(asked.map((facts) => attempt(() => filter(facts))));
    return after(answers, decide);
  };

  function attempt(ask: () => unknown): unknown {
    try {
      const answer = ask();
      return typeof (answer as PromiseLike<unknown>)?.then === 'function' ? inTime(answer) : answer;
    } catch (error) {
      return thrown(error);
    }
  }

  function inTime(answer: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(failure(`No answer within ${filterTimeoutMs} ms`)), filterTimeoutMs);
      // Not every thenable is a promise: this one may throw.
      Promise.resolve(answer)
        .then(resolve, reject)
        .then(() => clearTimeout(timer));
    }).catch(thrown);
  }

  function verdict(answer: unknown): Verdict {
    return typeof answer === 'boolean' ? answer : failed(answer);
  }

  function failed(answer: unknown): Verdict {
    onFailure?.();
    if (onFilterError !== 'throw') return onFilterError === 'drop';
    return answer instanceof StreamError ? answer : failure(`The filter must answer a boolean, not ${String(answer)}`);
  }
}

function each(answers: readonly unknown[]): unknown {
  return answers.some((answer) => answer instanceof Promise) ? Promise.all(answers) : answers;
}

function thrown(error: unknown): StreamError {
  return toStreamError(error, 'filter_failed', 'The filter threw');
}

function failure(message: string): StreamError {
  return new StreamError('filter_failed', message);
}
