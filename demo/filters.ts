import { type AnySubscriber, messagePack, StreamConsumer } from 'proxystream';
import { any, type Filter, workerFilters } from 'proxystream/filters';
import type { Quake } from './quake.js';
import { far, type Least, type QuakeFacts, type Reach, weak } from './quake-rules.js';

export type Thread = 'worker' | 'page';

// quake-filters.ts: export default serveFilters({ weak, far });
const filters = workerFilters<typeof import('./quake-filters.js')>(
  () => new Worker(new URL('./quake-filters.ts', import.meta.url), { type: 'module' }),
  { fallback: () => import('./quake-filters.js') },
);

/** Drops what is weak or far: by the same two functions, on either thread. */
export function openFilter(thread: Thread, choice: Least & Reach): Filter<QuakeFacts> {
  if (thread === 'worker') return any(filters.weak.with(choice), filters.far.with(choice));
  const here = {
    weak: (quake: QuakeFacts) => weak(quake, choice),
    far: (quake: QuakeFacts) => far(quake, choice),
  };
  return any(here.weak, here.far);
}

/** Messages come as bytes: what a worker drops, the page never decodes. */
export function openConsumer(subscriber: AnySubscriber, filter: Filter<QuakeFacts>): StreamConsumer<Quake> {
  return new StreamConsumer<Quake>(subscriber, { filter, codec: messagePack, endOfStream: 'never' });
}
