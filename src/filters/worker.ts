/**
 * The worker's side of `workerFilters`. **True drops.**
 *
 * ```ts
 * // quake-filters.ts runs in the worker
 * export default serveFilters({
 *   weak: ({ mag }: QuakeMetadata) => mag < 2.5,
 *   far: ({ lat, lon }: QuakeMetadata, from: { lat: number; lon: number; km: number }) => distance(lat, lon, from) > from.km,
 * });
 * ```
 */
import { FilterTable } from './filter-table.js';
import type { AnyFilter } from './judge.js';
import type { FromWorker, ToWorker } from './protocol.js';

/** What a module of filters exports: its filters, ready to be asked on whichever thread has loaded it. */
export type ServedFilters<Filters extends Readonly<Record<string, AnyFilter>>> = FilterTable<Filters>;

/**
 * Answers the page's questions about these filters; a second argument of a filter is the parameters it was given with `with`. Call it once, before
 * anything is awaited, and export what it returns: the page takes its types from there, and can run the same filters itself where no worker starts.
 * Throws `TypeError` for what is no filter.
 */
export function serveFilters<const Filters extends Readonly<Record<string, AnyFilter>>>(filters: Filters): ServedFilters<Filters> {
  for (const [name, filter] of Object.entries(filters)) {
    if (typeof filter !== 'function') throw new TypeError(`Filter "${name}" must be a function from metadata to boolean: true drops`);
    if (RESERVED.includes(name)) throw new TypeError(`No filter can be named "${name}": the page's own word`);
  }
  const table = new FilterTable(filters);
  // Where a page loads this module, there is nobody to answer.
  if (isWorker()) listen(table);
  return table;
}

const RESERVED = ['close', 'then'];

/** Kept, so that nothing that a filter does to its global scope changes them. */
const post = (message: FromWorker, transfer: Transferable[]) => postOnce.call(globalThis, message, transfer);
const postOnce = globalThis.postMessage as (this: typeof globalThis, message: object, transfer: Transferable[]) => void;

function isWorker(): boolean {
  return 'DedicatedWorkerGlobalScope' in globalThis;
}

function listen(table: FilterTable): void {
  let line: Promise<void> = Promise.resolve();
  globalThis.addEventListener('message', ({ data }: MessageEvent<ToWorker | undefined>) => {
    if (data?.proxystream !== 1) return;
    // In order, also when one of them takes its time.
    line = line.then(() => obey(table, data)).catch(reportError);
  });
}

async function obey(table: FilterTable, order: ToWorker): Promise<void> {
  const { token, kind } = order;
  const reply = await table.obey(order);
  const shortened = reply?.left?.flatMap((left) => left?.message?.buffer ?? []) ?? [];
  if (reply || kind === 'hello') post({ token, reply }, shortened as ArrayBuffer[]);
}
