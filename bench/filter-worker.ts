/** Runs in a worker: the filters of the bench, as this library serves them. */
import { serveFilters } from 'proxystream/filters/worker';
import { type Place, weakOrFar } from './quakes.js';

export default serveFilters({
  weak: ({ mag }: { mag: number }) => mag < 6.5,
  weakOrFar: (metadata: Place & { mag: number }) => weakOrFar(metadata),
});
