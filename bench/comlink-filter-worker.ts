/** Runs in a worker: the same filter, as Comlink serves it. */
import { expose } from 'comlink';

const filters = { weak: ({ mag }: { mag: number }) => mag < 6.5 };
export type ComlinkFilters = typeof filters;

expose(filters);
