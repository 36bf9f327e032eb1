/** What this tab is there for: its address says it, so that a tab that is loaded again is there for the same. */
import type { Cast } from '../cast.js';

export const cast = JSON.parse(new URLSearchParams(location.search).get('cast') ?? '{}') as Cast;

/** New with every load. */
export const life = `${cast.tab}-${crypto.randomUUID().slice(0, 8)}`;
