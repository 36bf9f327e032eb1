import { StreamError } from '../errors.js';

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
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

/** Settles when aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}
