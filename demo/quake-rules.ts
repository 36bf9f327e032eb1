/** What the filters drop by: a quake's metadata, and what the visitor chose. Plain functions, for whichever thread. */
import { PLACES, type Place } from './places.js';

export interface QuakeFacts {
  readonly mag: number;
  readonly lat: number;
  readonly lon: number;
}

export interface Least {
  readonly mag: number;
}

export interface Reach {
  readonly km: number;
  readonly from: keyof typeof PLACES;
}

export function weak({ mag }: QuakeFacts, least: Least): boolean {
  return mag < least.mag;
}

export function far(quake: QuakeFacts, { km, from }: Reach): boolean {
  return nearest(quake, from).km > km;
}

export function nearest({ lat, lon }: QuakeFacts, from: Reach['from']): { readonly place: Place; readonly km: number } {
  let [place, km] = [PLACES[from][0] as Place, Number.POSITIVE_INFINITY];
  for (const next of PLACES[from]) {
    const distance = kilometres(next, lat, lon);
    if (distance < km) [place, km] = [next, distance];
  }
  return { place, km };
}

const RADIANS = Math.PI / 180;
const DIAMETER_KM = 12_742;

/** Along the great circle, by the haversine formula. */
function kilometres(from: Place, lat: number, lon: number): number {
  const north = Math.sin(((lat - from.lat) * RADIANS) / 2) ** 2;
  const east = Math.sin(((lon - from.lon) * RADIANS) / 2) ** 2;
  return DIAMETER_KM * Math.asin(Math.min(1, Math.sqrt(north + Math.cos(from.lat * RADIANS) * Math.cos(lat * RADIANS) * east)));
}
