/** How much of the page's own time something takes, what the browser does for it included (reading messages of workers, say). */

/** Milliseconds in which the main thread could not have done anything else. Nothing else should happen in the page meanwhile. */
export async function busyMs(work: () => Promise<void>): Promise<number> {
  const wheel = new Wheel();
  await wheel.turns(2000);
  const idle = wheel.gaps.toSorted((a, b) => a - b)[1000] as number;
  wheel.gaps.length = 0;
  await work();
  // The rest of the task that the work ended in.
  await wheel.turns(1);
  wheel.stop();
  // What is longer than turns of this wheel are, something else took.
  return wheel.gaps.reduce((sum, gap) => sum + (gap > 3 * idle ? gap - idle : 0), 0);
}

/** Turns whenever the thread has nothing else to do. */
class Wheel {
  readonly gaps: number[] = [];
  readonly #channel = new MessageChannel();
  #waiting: { turns: number; resolve: () => void } | undefined;

  constructor() {
    const { port1, port2 } = this.#channel;
    let last = performance.now();
    port1.onmessage = () => {
      const now = performance.now();
      this.gaps.push(now - last);
      last = now;
      port2.postMessage(0);
      if (this.#waiting && --this.#waiting.turns <= 0) this.#waiting.resolve();
    };
    port2.postMessage(0);
  }

  turns(turns: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { turns, resolve };
    });
  }

  stop(): void {
    this.#channel.port1.close();
  }
}
