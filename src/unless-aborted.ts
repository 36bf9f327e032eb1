/** As `work` settles, or at once with the signal's reason: that gives up the wait, not the work. Nobody has to hear the outcome. */
export function unlessAborted<R>(work: Promise<R>, signal: AbortSignal | undefined, onAbort?: () => void): Promise<R> {
  if (!signal) return work;
  const outcome = new Promise<R>((resolve, reject) => {
    const abort = () => {
      onAbort?.();
      reject(signal.reason);
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    work.then(resolve, reject).then(() => signal.removeEventListener('abort', abort));
  });
  outcome.catch(() => {});
  return outcome;
}
