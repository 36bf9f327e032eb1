/**
 * Tells the other tabs that a lane has grown, and this one's readers. A ring is a hint: it may be lost, late or doubled, and carries nothing that
 * a reader would take on trust; whoever waits also looks for himself now and then, and whenever the page comes back.
 */
import type { Lane } from './records.js';

/** Hidden pages do it once a minute. */
const LOOK_MS = 2000;

type Listener = () => void;

export class Doorbell {
  readonly #name: string;
  readonly #listeners = new Set<{ readonly ring: Listener; readonly lane: Lane | undefined }>();
  readonly #heard = new Set<(data: readonly unknown[]) => void>();
  readonly #gone = new AbortController();
  #channel: BroadcastChannel | undefined;
  #looking: ReturnType<typeof setInterval> | undefined;

  constructor(name: string) {
    this.#name = name;
    this.#dial();
    const { addEventListener: listen, document } = globalThis as Partial<typeof globalThis>;
    const { signal } = this.#gone;
    // A message would throw a page out of the back/forward cache.
    listen?.('pagehide', () => this.#hangUp(), { signal });
    listen?.('pageshow', () => this.#dial(), { signal });
    const wake = () => this.#ring(undefined);
    listen?.('online', wake, { signal });
    for (const event of ['visibilitychange', 'resume']) document?.addEventListener(event, wake, { signal });
  }

  /** To everybody, in this tab too. */
  ring(lanes: readonly Lane[]): void {
    this.#channel?.postMessage(['ring', ...lanes]);
    for (const lane of lanes) this.#ring(lane);
  }

  /** To everybody, in this tab too. */
  post(data: readonly unknown[]): void {
    this.#channel?.postMessage(data);
    queueMicrotask(() => this.#tell(data));
  }

  /** Other messages of this log's tabs. Returns how to stop. */
  onMessage(heard: (data: readonly unknown[]) => void): () => void {
    this.#heard.add(heard);
    return () => this.#heard.delete(heard);
  }

  /** Calls `ring` whenever there may be something new in this lane, or in any. Returns how to stop. */
  onRing(lane: Lane | undefined, ring: Listener): () => void {
    const entry = { ring, lane };
    this.#listeners.add(entry);
    this.#looking ??= setInterval(() => this.#ring(undefined), LOOK_MS);
    return () => {
      this.#listeners.delete(entry);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#looking);
      this.#looking = undefined;
    };
  }

  close(): void {
    this.#gone.abort();
    this.#hangUp();
    clearInterval(this.#looking);
    this.#listeners.clear();
    this.#heard.clear();
  }

  #dial(): void {
    if (!this.#channel && !this.#gone.signal.aborted) {
      this.#channel = new BroadcastChannel(this.#name);
      (this.#channel as { unref?: () => void }).unref?.();
      this.#channel.onmessage = ({ data }) => this.#receive(data);
    }
    this.#ring(undefined);
  }

  #hangUp(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }

  /** Anyone on the origin can post anything. */
  #receive(data: unknown): void {
    if (!Array.isArray(data)) return;
    const [kind, ...lanes] = data;
    if (kind !== 'ring') this.#tell(data);
    else for (const lane of lanes.slice(0, 100)) if (typeof lane === 'string') this.#ring(lane);
  }

  #tell(data: readonly unknown[]): void {
    for (const heard of [...this.#heard]) heard(data);
  }

  #ring(lane: Lane | undefined): void {
    for (const entry of [...this.#listeners]) if (lane === undefined || entry.lane === undefined || entry.lane === lane) entry.ring();
  }
}
