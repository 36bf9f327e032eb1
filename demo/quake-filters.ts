/** Runs in the worker, or on the page where none starts. */
import { serveFilters } from 'proxystream/filters/worker';
import { far, weak } from './quake-rules.js';

export default serveFilters({ weak, far });
