/** What a log needs only when it sends, receives or removes: the chunk that comes later. Storing and reading must do without. */
export { flush } from './flush.js';
export { ready, receive, send } from './pumping.js';
export { listDeadLetters, purge } from './upkeep.js';
