/** Keeps long runs of microtasks from starving the page. */
const TURN_MS = 8;
/** Goes on before whatever waits already, once the page has had its chance; not every browser has it. */
type Yield = { readonly scheduler?: { yield?(): Promise<void> } };
/** What waits for the page is let in at least so often: timers fire, and what has arrived is in a buffer that is bounded and counted, not in the browser. */
const LET_IN_MS = 50;

/** Lets the page paint and take input when it has been kept from that for long enough. */
export function openTurn(): () => Promise<void> {
  let start = 0;
  let letIn = 0;
  return async () => {
    const now = performance.now();
    if (now - start < TURN_MS) return;
    const { scheduler } = globalThis as Yield;
    // It rejects in a task that was scheduled with a signal, once that is aborted.
    if (now - letIn < LET_IN_MS && scheduler?.yield) await scheduler.yield().catch(nextTask);
    else {
      await nextTask();
      letIn = now;
    }
    start = performance.now();
  };
}

/** Timers are clamped to 4 ms when nested, and to once a minute in hidden pages; message ports are not. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}
