/** Quakes without end, made and published by a worker, so that the load itself costs the page nothing. */
import { BroadcastChannelSubscriber } from 'proxystream/shims/broadcast-channel';

/** What the page tells the worker, every time anew. */
export interface LoadOrder {
  readonly channel: string;
  /** Events per second. */
  readonly rate: number;
}

/** How often the worker tells how many events it has published. */
export const TELL_MS = 100;

/** Events that leave in one message: what gathers in about a hundredth of a second, but no more than a `StreamProducer` puts into one. */
export function eventsPerMessage(rate: number): number {
  return Math.min(1024, Math.max(1, Math.round(rate / 100)));
}

/**
 * Some 12,000 events of 170 bytes, a second or two of work for the dearest filter: who asks for more than can be filtered waits no longer for the next
 * choice to show, and a load that can be filtered outlasts a worker's start.
 */
const ROOM_BYTES = 2_000_000;

export class Load {
  /** Events published so far. */
  published = 0;
  /** A channel of its own: what other tabs are asked to bear does not come here. */
  readonly #channel = `proxystream-demo-load-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`;
  readonly #worker = new Worker(new URL('./load-worker.ts', import.meta.url), { type: 'module' });

  /** `onFailure` hears why nothing comes. */
  constructor(onFailure: (error: Error) => void) {
    this.#worker.onmessage = ({ data }: MessageEvent<number>) => {
      this.published = data;
    };
    this.#worker.onerror = ({ message }) => onFailure(new Error(message));
  }

  /** Hears what is published from when it is read. What finds no room is lost, oldest first, and leaves a gap. */
  subscriber(): BroadcastChannelSubscriber {
    return new BroadcastChannelSubscriber('quakes', {
      channel: this.#channel,
      overflow: 'drop-oldest',
      maxBytes: ROOM_BYTES,
    });
  }

  /** Events per second from now on. */
  set rate(rate: number) {
    this.#worker.postMessage({ channel: this.#channel, rate } satisfies LoadOrder);
  }
}
