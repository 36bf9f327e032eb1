/** A filter with something to do: drops what is weak, and what is far from fifty cities. */

export interface Place {
  readonly lat: number;
  readonly lon: number;
}

const CITIES: readonly Place[] = Array.from({ length: 50 }, (_, i) => ({ lat: ((i * 37) % 120) - 60, lon: ((i * 73) % 360) - 180 }));

export function weakOrFar({ mag, lat, lon }: Place & { readonly mag: number }): boolean {
  let least = Number.POSITIVE_INFINITY;
  for (const city of CITIES) least = Math.min(least, kilometres(city, lat, lon));
  return mag < 6.9 || least > 20_000;
}

function kilometres(a: Place, lat: number, lon: number): number {
  const rad = Math.PI / 180;
  const part = Math.sin(((lat - a.lat) * rad) / 2) ** 2;
  const other = Math.sin(((lon - a.lon) * rad) / 2) ** 2;
  return 12_742 * Math.asin(Math.min(1, Math.sqrt(part + Math.cos(a.lat * rad) * Math.cos(lat * rad) * other)));
}
