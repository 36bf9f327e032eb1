/** Runs in a worker: answers for every `where(…, { worker: true })` of a page. */
import { whereFilters } from './where-query.js';
import { serveFilters } from './worker.js';

export default serveFilters(whereFilters);
