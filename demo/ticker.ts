/** Runs as a worker: a hidden page's own timers fire once a second, later once a minute, and the replay should go on while a board is looked at. */
const TICK_MS = 40;
setInterval(() => postMessage(undefined), TICK_MS);
