/** Keeps long runs of microtasks from starving the page. */
const TURN_MS = 8;

/** Lets the page paint and take input when it has been kept from that for long enough. */
export function openTurn(): () => Promise<void> {
  let start = 0;
  return async () => {
    if (performance.now() - start < TURN_MS) return;
    await nextTask();
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
