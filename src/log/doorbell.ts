/**
 * Tells the other tabs that a lane has grown, and this one's readers. A ring is a hint: it may be lost, late or doubled, and carries nothing that
 * a reader would take on trust; whoever waits also looks for himself now and then, and whenever the page comes back.
 */
import type { Lane } from './records.js';

/** Hidden pages do it once a minute. */
const LOOK_MS = 2000;

export class Doorbell {
  readonly #name: string;
  readonly #heard = new Set<(kind: unknown, about?: unknown) => void>();
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
    const wake = () => this.#tell('ring');
    listen?.('online', wake, { signal });
    for (const event of ['visibilitychange', 'resume']) document?.addEventListener(event, wake, { signal });
  }

  /** To everybody, in this tab too. */
  post(kind: string, about: string): void {
    this.#channel?.postMessage([kind, about]);
    queueMicrotask(() => this.#tell(kind, about));
  }

  /**
   * Calls `heard` for what this log's tabs say of this kind and about this, or about anything; anyone on the origin can say anything. Returns how to stop.
   */
  on(kind: string, about: string | undefined, heard: () => void): () => void {
    const listen = (said: unknown, of: unknown = about) => {
      if (said === kind && (of === about || about === undefined)) heard();
    };
    this.#heard.add(listen);
    return () => this.#heard.delete(listen);
  }

  /** Calls `ring` whenever there may be something new in this lane, or in any. Returns how to stop. */
  onRing(lane: Lane | undefined, ring: () => void): () => void {
    const deaf = this.on('ring', lane, ring);
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
      this.#channel.onmessage = ({ data }) => Array.isArray(data) && this.#tell(data[0], data[1]);
    }
    this.#tell('ring');
  }

  #hangUp(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }

  #tell(kind: unknown, about?: unknown): void {
    for (const heard of [...this.#heard]) heard(kind, about);
  }
}
