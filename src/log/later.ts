import { toStreamError } from '../errors.js';

export type Pumps = typeof import('./pumps.js');

/** What is in the chunk of the pumps. Rejects with `not_connected`. */
export function loadPumps(): Promise<Pumps> {
  return later(import('./pumps.js'));
}

/** Whoever stores while offline may be without the chunks that come later. Rejects with `not_connected`. */
export async function later<M>(chunk: Promise<M>): Promise<M> {
  try {
    return await chunk;
  } catch (cause) {
    throw toStreamError(
      cause,
      'not_connected',
      'Code of proxystream/log did not load: have its chunks in the service worker, or reload (what is stored stays)',
    );
  }
}
