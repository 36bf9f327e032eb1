/**
 * As `work` settles, or at once with the signal's reason: that gives up the wait, not the work. Nobody has to hear the outcome.
 * `onAbort` may answer false: then it is too late to give up.
 */
export function unlessAborted<R>(work: Promise<R>, signal: AbortSignal | undefined, onAbort?: () => unknown): Promise<R> {
  if (!signal) return work;
  const outcome = new Promise<R>((resolve, reject) => {
    const abort = () => {
      if (onAbort?.() !== false) reject(signal.reason);
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
  outcome.catch(() => {});
  return outcome;
}
