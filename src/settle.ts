/** What failed of these promises, once all of them have settled; behind what had failed before. */
export async function failuresOf(work: readonly unknown[], failures: unknown[] = []): Promise<unknown[]> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') failures.push(result.reason);
  return failures;
}

/** Throws what failed, if anything: the one failure, or an `AggregateError` of several. */
export function throwAny(failures: readonly unknown[]): void {
  if (failures.length > 1) throw new AggregateError(failures, failures.join('; '));
  for (const failure of failures) throw failure;
}
