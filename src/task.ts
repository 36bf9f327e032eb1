/** Keeps long runs of microtasks from starving the page. */
const TURN_MS = 8;

export interface Turn {
  /** A new task has begun: whoever waited for an event calls this on waking. */
  restart(): void;
  /** Lets the page paint and take input when this turn has lasted long enough; nothing to wait for otherwise. */
  rest(): Promise<void> | undefined;
}

export function openTurn(): Turn {
  let start = performance.now();
  const restart = () => {
    start = performance.now();
  };
  return {
    restart,
    rest: () => (performance.now() - start < TURN_MS ? undefined : nextTask().then(restart)),
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
