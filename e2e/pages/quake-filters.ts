/** Runs in a worker: the filters of an earthquake page. */
import { serveFilters } from 'proxystream/filters/worker';

export interface QuakeMetadata {
  readonly mag: number;
  readonly lat: number;
  readonly lon: number;
}

interface Circle {
  readonly lat: number;
  readonly lon: number;
  readonly km: number;
}

export default serveFilters({
  weak: ({ mag }: QuakeMetadata) => mag < 2.5,
  far: async ({ lat, lon }: QuakeMetadata, from: Circle) => kilometres({ lat, lon }, from) > from.km,
  below: Object.assign(({ mag }: QuakeMetadata, least = 5) => mag < least, {
    batch: (all: readonly QuakeMetadata[], least = 5) => all.map(({ mag }) => mag < least),
  }),
});

interface Place {
  readonly lat: number;
  readonly lon: number;
}

/** Along the great circle. */
function kilometres(a: Place, b: Place): number {
  const rad = Math.PI / 180;
  const part = Math.sin(((b.lat - a.lat) * rad) / 2) ** 2;
  const other = Math.sin(((b.lon - a.lon) * rad) / 2) ** 2;
  return 12_742 * Math.asin(Math.sqrt(part + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * other));
}
