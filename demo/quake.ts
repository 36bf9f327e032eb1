/** A week of the world's earthquakes (USGS, 31 January to 7 February 2018), as the npm package `vega-datasets` ships it. */
// The package exports only its list of addresses elsewhere, so the file is named by its place.
import weekUrl from '../node_modules/vega-datasets/data/earthquakes.json?url';

export interface Quake {
  readonly id: string;
  /** Of seismometers: `us`, `ak`, `ci` … */
  readonly network: string;
  /** Micro-quakes go below 0. */
  readonly mag: number;
  readonly place: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly lon: number;
  readonly lat: number;
  /** Kilometres. */
  readonly depth: number;
}

interface GeoJson {
  readonly features: readonly {
    readonly id: string;
    readonly properties: {
      readonly net: string;
      readonly mag: number;
      readonly place: string;
      readonly time: number;
      readonly type: string;
    };
    readonly geometry: { readonly coordinates: readonly [lon: number, lat: number, depth: number] };
  }[];
}

/** The earthquakes in the order in which they happened; explosions and quarry blasts are left out. */
export async function loadWeek(): Promise<readonly Quake[]> {
  const response = await fetch(weekUrl);
  if (!response.ok) throw new Error(`The earthquakes could not be loaded (${response.status})`);
  const { features } = (await response.json()) as GeoJson;
  return features
    .filter(({ properties }) => properties.type === 'earthquake')
    .map(({ id, properties: { net, mag, place, time }, geometry: { coordinates } }) => {
      const [lon, lat, depth] = coordinates;
      return { id, network: net, mag, place, time, lon, lat, depth };
    })
    .sort((a, b) => a.time - b.time);
}

/** Milliseconds since 1970 with a fraction, from a clock that all tabs of a machine share. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
