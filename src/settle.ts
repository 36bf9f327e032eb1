/** Waits for all; then throws what failed, if anything: the one failure, or an `AggregateError` of several. */
export async function all(work: readonly Promise<unknown>[]): Promise<void> {
  throwAny((await Promise.allSettled(work)).flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])));
}

/** The same one after the other: a step that fails keeps none behind it from being taken. */
export async function inTurn(steps: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  throwAny(failures);
}

function throwAny(failures: readonly unknown[]): void {
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, `${failures.length} failures: ${failures.map(String).join('; ')}`);
}
