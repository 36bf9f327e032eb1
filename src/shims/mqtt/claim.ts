interface ClaimMessage {
  readonly at: number;
}

/**
 * Says in this browser (or process) who has a session now, and hears when someone else takes it. Of the brokers, MQTT 3.1.1 ones cannot tell,
 * and Mosquitto 2.0 just hangs up in MQTT 5 too; two tabs with one clientId would throw each other out for ever.
 */
export class Claim {
  readonly #channel: BroadcastChannel | undefined;
  #at = 0;

  constructor(session: string, onTaken: () => void) {
    if (typeof BroadcastChannel === 'undefined') return;
    // A name of its own, so that nobody else is woken (a message throws a page out of the back/forward cache).
    this.#channel = new BroadcastChannel(`proxystream/mqtt/${session}`);
    this.#channel.onmessage = ({ data }: MessageEvent<ClaimMessage | undefined>) => {
      // One that was made before our own is the one we have taken; one who never claimed is still on the way to.
      if (this.#at > 0 && typeof data?.at === 'number' && data.at > this.#at) onTaken();
    };
    (this.#channel as { unref?: () => void }).unref?.();
  }

  make(): void {
    this.#at = performance.timeOrigin + performance.now();
    this.#channel?.postMessage({ at: this.#at } satisfies ClaimMessage);
  }

  stop(): void {
    this.#channel?.close();
  }
}
