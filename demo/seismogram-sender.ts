/** The replay's side: has the stronger quakes drawn, stores the pictures, and sends their keys. */
import { type EventPublisher, type Publisher, StreamProducer } from 'proxystream';
import type { Quake } from './quake.js';
import { openStore, TOPIC } from './seismogram-store.js';
import type { Wire } from './transport.js';

/** Some 85 of the week. */
const STRONG = 4.5;

export class SeismogramSender {
  readonly #producer: StreamProducer<Uint8Array>;
  readonly #store;
  readonly #worker: Worker | undefined;
  /** A replay that runs flat out repeats its quakes. */
  readonly #asked = new Set<string>();
  #pending = 0;
  #ending = false;

  constructor(publisher: Publisher | EventPublisher, wire: Wire) {
    this.#store = openStore(wire);
    // A picture that cannot be stored or sent is no reason to stop a replay.
    this.#producer = new StreamProducer<Uint8Array>(publisher, { defaultStore: this.#store, onError: () => {} });
    if (typeof OffscreenCanvas === 'undefined') return;
    this.#worker = new Worker(new URL('./seismogram-worker.ts', import.meta.url), { type: 'module' });
    this.#worker.addEventListener('message', ({ data }) => this.#send(data));
  }

  offer(quake: Quake): void {
    if (!this.#worker || quake.mag < STRONG || this.#asked.has(quake.id)) return;
    this.#asked.add(quake.id);
    this.#pending++;
    this.#worker.postMessage(quake);
  }

  /** What has been asked for is still drawn and sent. */
  end(): void {
    this.#ending = true;
    if (this.#pending === 0) void this.#close();
  }

  async #send({ quake, image }: { quake: Quake; image: Uint8Array }): Promise<void> {
    const { id, mag, depth, place, time } = quake;
    const metadata = { id, mag, depth, place, time };
    await this.#producer.send(`${TOPIC}/${quake.network}`, image, { metadata, evict: { ttlMs: 600_000 } }).catch(() => {});
    this.#pending--;
    if (this.#ending && this.#pending === 0) await this.#close();
  }

  async #close(): Promise<void> {
    this.#worker?.terminate();
    await this.#producer.close({ publisher: false, stores: true, timeoutMs: 2000 }).catch(() => {});
  }
}
