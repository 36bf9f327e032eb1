/** What an iterator says once there is nothing more. */
export const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

export type Result<R> = IteratorResult<R, undefined>;

export function found<R>(value: R): IteratorYieldResult<R> {
  return { done: false, value };
}

/** An iterator that can be looped over. Leaving it never waits for its pending `next`, as a generator's would. */
export function iterate<R>(
  next: () => Promise<Result<R>>,
  leave: () => Promise<IteratorReturnResult<undefined>>,
): AsyncIterableIterator<R, undefined> {
  const iterator: AsyncIterableIterator<R, undefined> = { next, return: leave, [Symbol.asyncIterator]: () => iterator };
  return iterator;
}
