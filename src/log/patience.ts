import { Bell } from '../bell.js';
import { StreamError } from '../errors.js';
import { unlessAborted } from '../unless-aborted.js';

const MAX_PAUSE_MS = 5000;

/** Tries again as long as waiting may help: there is no room now, storage fails for the moment, or code cannot be loaded. Rejects with anything else, and when aborted. */
export async function patiently<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      signal.throwIfAborted();
      return await attempt();
    } catch (error) {
      if (!(error instanceof StreamError) || !['quota_exceeded', 'storage_failed', 'not_connected'].includes(error.code)) throw error;
      await pause(pauseMs, signal);
    }
  }
}

/** Settles after so many milliseconds, or when aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return unlessAborted(over, signal, () => clearTimeout(timer)).catch(() => {});
}

/** Settles when aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Bell().next(signal);
}
