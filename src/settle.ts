/** What failed of it, once all of it is over. */
export async function failuresOf(work: readonly Promise<unknown>[]): Promise<unknown[]> {
  return (await Promise.allSettled(work)).flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
}

/** Throws what failed, if anything: the one failure, or an `AggregateError` of several. */
export function throwAny(failures: readonly unknown[]): void {
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join('; '));
  for (const failure of failures) throw failure;
}
