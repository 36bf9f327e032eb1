/**
 * Tells the other tabs that a lane has grown, and this one's readers. A ring is a hint: it may be lost, late or doubled, and carries nothing that
 * a reader would take on trust; whoever waits also looks for himself now and then, and whenever the page comes back.
 */
import type { Lane } from './records.js';

/** Hidden pages do it once a minute. */
const LOOK_MS = 2000;

export class Doorbell {
  readonly #name: string;
  readonly #heard = new Set<(data: readonly unknown[]) => void>();
  readonly #gone = new AbortController();
  #channel: BroadcastChannel | undefined;

  constructor(name: string) {
    this.#name = name;
    this.#dial();
    const { addEventListener: listen, document } = globalThis as Partial<typeof globalThis>;
    const { signal } = this.#gone;
    // A message would throw a page out of the back/forward cache.
    listen?.('pagehide', () => this.#hangUp(), { signal });
    listen?.('pageshow', () => this.#dial(), { signal });
    const wake = () => this.#tell(['ring']);
    listen?.('online', wake, { signal });
    for (const event of ['visibilitychange', 'resume']) document?.addEventListener(event, wake, { signal });
  }

  /** To everybody, in this tab too, and there at once. Without lanes it is about all of them. */
  ring(lanes: readonly Lane[]): void {
    const data = ['ring', ...lanes];
    this.#channel?.postMessage(data);
    this.#tell(data);
  }

  /** To everybody, in this tab too. */
  post(data: readonly unknown[]): void {
    this.#channel?.postMessage(data);
    queueMicrotask(() => this.#tell(data));
  }

  /** All that this log's tabs say; anyone on the origin can say anything. Returns how to stop. */
  onMessage(heard: (data: readonly unknown[]) => void): () => void {
    this.#heard.add(heard);
    return () => this.#heard.delete(heard);
  }

  /** Calls `ring` whenever there may be something new in this lane, or in any. Returns how to stop. */
  onRing(lane: Lane | undefined, ring: () => void): () => void {
    const deaf = this.onMessage(([kind, ...lanes]) => {
      if (kind === 'ring' && (lane === undefined || lanes.length === 0 || lanes.includes(lane))) ring();
    });
    const looking = setInterval(ring, LOOK_MS);
    return () => {
      clearInterval(looking);
      deaf();
    };
  }

  close(): void {
    this.#gone.abort();
    this.#hangUp();
    this.#heard.clear();
  }

  #dial(): void {
    if (!this.#channel && !this.#gone.signal.aborted) {
      this.#channel = new BroadcastChannel(this.#name);
      (this.#channel as { unref?: () => void }).unref?.();
      this.#channel.onmessage = ({ data }) => Array.isArray(data) && this.#tell(data);
    }
    this.#tell(['ring']);
  }

  #hangUp(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }

  #tell(data: readonly unknown[]): void {
    for (const heard of [...this.#heard]) heard(data);
  }
}
