/** What failed of these promises, once all of them have settled. */
export async function failuresOf(work: readonly unknown[]): Promise<unknown[]> {
  return (await Promise.allSettled(work)).flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
}

/** Throws what failed, if anything: the one failure, or an `AggregateError` of several. */
export function throwAny(failures: readonly unknown[]): void {
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join('; '));
  for (const failure of failures) throw failure;
}
