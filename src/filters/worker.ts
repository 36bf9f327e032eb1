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
import { type AnyFilter, FilterTable } from './filter-table.js';
import { type FromWorker, HELLO, type Order } from './protocol.js';

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

function isWorker(): boolean {
  return 'DedicatedWorkerGlobalScope' in globalThis;
}

function listen(table: FilterTable): void {
  globalThis.addEventListener('message', ({ data, ports: [port] }: MessageEvent<unknown>) => {
    if (data === HELLO && port) serve(table, port);
  });
}

function serve(table: FilterTable, port: MessagePort): void {
  // Kept, so that nothing that a filter does to its surroundings changes it.
  const post: (message: FromWorker, transfer: Transferable[]) => void = port.postMessage.bind(port);
  let line: Promise<void> = Promise.resolve();
  port.onmessage = ({ data }: MessageEvent<Order>) => {
    // In order, also when one of them takes its time.
    line = line.then(() => answer(data)).catch(reportError);
  };
  post(null, []);

  async function answer(order: Order): Promise<void> {
    const reply = await table.obey(order);
    const shortened = reply?.left?.flatMap((left) => left?.message?.buffer ?? []) ?? [];
    if (reply) post(reply, shortened as ArrayBuffer[]);
  }
}
