/** What a log needs only when it sends, receives or removes: the chunk that comes later. Storing and reading must do without. */
export { Drain } from './drain.js';
export { flush } from './flush.js';
export { Inner } from './inner.js';
export { Receiving } from './receive.js';
export { listDeadLetters, purge } from './upkeep.js';
