/** Again, where it may help. */
import { StreamError } from '../../errors.js';
import { unlessAborted } from '../../unless-aborted.js';

const FIRST_DELAY_MS = 200;
const LAST_DELAY_MS = 10_000;
/** Answers that may be others in a moment. */
const PASSING: ReadonlySet<unknown> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Works until it succeeds, fails for good, or has failed so many times. */
export async function attempting<R>(attempts: number, signal: AbortSignal, work: () => Promise<R>): Promise<R> {
  let failures = 0;
  let refusals = 0;
  for (;;) {
    try {
      signal.throwIfAborted();
      return await work();
    } catch (error) {
      // The token may have expired just now: one attempt more, with another.
      const again = isRefusal(error) ? ++refusals === 1 : mayPass(error);
      if (!again || ++failures >= attempts) throw error;
      await rest(failures, (error as StreamError).details.retryAfterMs, signal);
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof StreamError && error.code === 'not_authorized';
}

function mayPass(error: unknown): boolean {
  if (!(error instanceof StreamError)) return false;
  return error.code === 'connection_lost' || error.code === 'timeout' || PASSING.has(error.details.status);
}

/** Anything up to a limit that doubles, so that those who failed together do not come back together. */
async function rest(failures: number, toldMs: unknown, signal: AbortSignal): Promise<void> {
  const limit = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
  const delay = Math.min(LAST_DELAY_MS, typeof toldMs === 'number' ? toldMs : Math.random() * limit);
  await unlessAborted(new Promise<void>((resolve) => setTimeout(resolve, delay)), signal);
}
