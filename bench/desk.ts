/** Where the tabs of the bench ask for orders, by HTTP: a debugger attached to them would cost more than what is measured. */
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Plugin } from 'vite';
import type { Order, Outcome } from './orders.js';

export interface Tab {
  /** `onReady` is called when the role says so. Rejects when there is no outcome in time; then the tab is of no more use. */
  run(order: Order, onReady: () => void, timeoutMs: number): Promise<Outcome>;
}

export class Desk {
  readonly #seats: Seat[] = [];

  /** For a tab that will ask at `/orders/<path>`. */
  seat(): { readonly tab: Tab; readonly path: string } {
    const tab = new Seat();
    return { tab, path: String(this.#seats.push(tab) - 1) };
  }

  readonly plugin: Plugin = {
    name: 'bench-orders',
    configurePreviewServer: ({ middlewares }) => {
      middlewares.use('/orders', async (request, response) => {
        const [, path, what] = (request.url ?? '').split('/');
        const seat = this.#seats[Number(path)];
        const body = await text(request);
        if (what === 'ready') {
          seat?.onReady();
          response.end();
        } else seat?.ask(JSON.parse(body), response);
      });
    },
  };
}

class Seat implements Tab {
  onReady = () => {};
  #finish = (_outcome: Outcome) => {};
  #answer: (order: Order) => void = () => {};
  #asked = () => {};
  #asking = this.#nextQuestion();

  async run(order: Order, onReady: () => void, timeoutMs: number): Promise<Outcome> {
    this.onReady = onReady;
    const outcome = new Promise<Outcome>((resolve) => {
      this.#finish = resolve;
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no outcome within ${timeoutMs / 1000} s`)), timeoutMs);
    });
    try {
      await Promise.race([this.#asking, late]);
      this.#asking = this.#nextQuestion();
      this.#answer(order);
      return await Promise.race([outcome, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The tab tells how the last order went, if there was one, and waits for the next. */
  ask(outcome: Outcome | null, response: ServerResponse): void {
    this.#answer = (order) => response.end(JSON.stringify(order));
    this.#asked();
    if (outcome) this.#finish(outcome);
  }

  #nextQuestion(): Promise<void> {
    return new Promise((resolve) => {
      this.#asked = resolve;
    });
  }
}
