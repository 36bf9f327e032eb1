import { Bell } from './bell.js';

/** Keeps long runs of microtasks from starving the page. */
const TURN_MS = 8;
/** All that has arrived is let in at least so often: then it is in a buffer that is bounded and counted, not in the browser. */
const LET_IN_MS = 1000;

let lastTask = 0;
const tasks = new Bell();

/**
 * To be called first by event handlers that may be called thousands of times a second: the page had its chance just before. Otherwise a reader that
 * lets the page have it would queue behind all the messages that are on their way, and they would pile up meanwhile.
 */
export function taskBegan(): void {
  lastTask = performance.now();
  tasks.ring();
}

/** Lets the page paint and take input when it has been kept from that for long enough. */
export function openTurn(): () => Promise<void> {
  let letIn = 0;
  return async () => {
    const now = performance.now();
    const all = now - letIn > LET_IN_MS;
    if (all) letIn = now;
    else if (now - lastTask < TURN_MS) return;
    const own = nextTask();
    await (all ? own : tasks.next());
  };
}

/** Timers are clamped to 4 ms when nested, and to once a minute in hidden pages; message ports are not. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      taskBegan();
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}
