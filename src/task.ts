/** Keeps long runs of microtasks from starving the page. */
const TURN_MS = 8;

interface SchedulerLike {
  readonly yield?: () => Promise<void>;
}

export class Turn {
  #start = performance.now();

  /** A new task has begun: whoever waited for an event calls this on waking. */
  restart(): void {
    this.#start = performance.now();
  }

  /** Lets the page paint and take input when this turn has lasted long enough; nothing to wait for otherwise. */
  rest(): Promise<void> | undefined {
    if (performance.now() - this.#start < TURN_MS) return undefined;
    return nextTask().then(() => this.restart());
  }
}

function nextTask(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: SchedulerLike };
  if (scheduler?.yield) return scheduler.yield();
  // Timers are clamped to 4 ms when nested, and to once a minute in hidden pages; message ports are not.
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
