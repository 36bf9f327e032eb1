import { StreamError } from '../../errors.js';

/** One message on its way to the broker, and the promise that tells its sender. */
export class Publish {
  readonly promise: Promise<void>;
  /** Someone has been told: it was kept, refused, or given up. */
  settled = false;
  /** The packet identifier; kept when sent again. 0 as long as it was never sent. */
  id = 0;
  /** Connections that the broker ended while this one was unacknowledged. */
  cuts = 0;
  #tell: (error: unknown) => void = () => {};

  constructor(
    readonly topic: string,
    readonly payload: Uint8Array,
    readonly qos: 0 | 1,
    readonly properties?: PublishProperties,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#tell = (error) => (error === undefined ? resolve() : reject(error));
    });
  }

  settle(error?: unknown): void {
    this.settled = true;
    this.#tell(error);
  }

  /** Gives up when the signal says so, or after so many milliseconds. */
  giveUpOn(signal: AbortSignal | undefined, timeoutMs: number | undefined): void {
    if (!signal && timeoutMs === undefined) return;
    const abort = () => this.settle(signal?.reason);
    const late = () => this.settle(new StreamError('timeout', `Not acknowledged within ${timeoutMs} ms`));
    const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
    signal?.addEventListener('abort', abort);
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    this.promise.then(done, done);
  }
}

/** Carried by MQTT 5 only. */
export interface PublishProperties {
  readonly contentType?: string;
  readonly userProperties?: Record<string, string | string[]>;
}
