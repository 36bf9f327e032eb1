import { check } from '../../check.js';
import { closedError, reportUnheard, toStreamError } from '../../errors.js';
import { codec } from './codec.js';
import type { Inlet } from './inlet.js';
import { checkConnectionOptions, type MqttConnectionOptions, type MqttOn } from './options.js';
import type { Session } from './session.js';
import type { MqttState } from './state.js';

/**
 * One connection to a broker, for publishers and subscribers.
 * It connects when first used and comes back by itself, with growing random waits, until it is closed or `failed`:
 * refused for good (`not_authorized`, `refused`, `unsupported`), or `session_taken_over` by another of the same `clientId`.
 * Not every broker tells of a takeover; tabs of one origin tell each other, and eight connections in a row that were let in and cut off count as one.
 * What is received is acknowledged in the order of arrival, so a subscriber that stands still holds back the others on its connection.
 * With `clean: false`, make all its subscribers before using the first: what a resumed session brings for nobody is acknowledged and gone.
 */
export class MqttConnection implements AsyncDisposable {
  readonly clientId: string;
  /** @internal */
  readonly options: MqttConnectionOptions;
  /** Of all subscribers, also those that nobody reads yet: a session that resumes may bring messages for them at once. @internal */
  readonly inlets = new Set<Inlet>();
  /** Closed with its last user. @internal */
  implicit = false;
  #state: MqttState = { status: 'idle' };
  #listeners = new Set<(state: MqttState) => void>();
  #users = 0;
  #session: Session | undefined;
  #loading: Promise<Session> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: MqttConnectionOptions) {
    checkConnectionOptions(options);
    this.options = options;
    // No longer than the 23 characters that every broker accepts (MQTT 3.1.1 §3.1.3.1). `randomUUID` is missing on plain http: pages.
    this.clientId = options.clientId ?? `ps-${crypto.getRandomValues(new BigUint64Array(1))}`;
  }

  get state(): MqttState {
    return this.#state;
  }

  /** Calls `listener` at each change, until the returned function is called. */
  onState(listener: (state: MqttState) => void): () => void {
    const own = (state: MqttState) => listener(state);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Rejects the sends that are waiting with `closed`, ends the iterations of its subscribers, says goodbye to the broker. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Starts connecting. Rejects with `closed`, or with `not_connected` when the client cannot be loaded. @internal */
  open(): Promise<Session> {
    if (this.#closing) return Promise.reject(closedError());
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** @internal */
  join(inlet?: Inlet): void {
    this.#users++;
    if (!inlet) return;
    this.inlets.add(inlet);
    this.#session?.attach(inlet);
  }

  /** @internal */
  async leave(user: Inlet | object): Promise<void> {
    if (--this.#users === 0 && this.implicit) await this.close();
    this.inlets.delete(user as Inlet);
    this.#session?.leave(user);
  }

  /** @internal */
  show(state: MqttState): void {
    if (this.#state.status === 'closed') return;
    this.#state = state;
    for (const listener of [...this.#listeners]) {
      try {
        listener(state);
      } catch (error) {
        reportUnheard(error);
      }
    }
  }

  async #load(): Promise<Session> {
    this.show({ status: 'connecting', attempt: 1 });
    try {
      // What mqtt.js ships for browsers has nothing but a default export.
      const [{ Session }, { default: mqtt }] = await Promise.all([import('./session.js'), import('mqtt'), codec.load?.()]);
      if (this.#closing) throw closedError();
      this.#session = new Session(mqtt, this);
      return this.#session;
    } catch (cause) {
      this.#loading = undefined;
      const error = toStreamError(cause, 'not_connected', 'The MQTT client could not be loaded');
      this.show({ status: 'failed', error });
      throw error;
    }
  }

  async #close(): Promise<void> {
    this.show({ status: 'closed' });
    for (const { mailbox } of this.inlets) mailbox.close();
    // One that is still being loaded finds the connection closed and does not start.
    await this.#session?.close();
  }
}

/** The connection that was given, or one that closes with its last user. */
export function connectionOn(on: MqttOn): MqttConnection {
  if (!('connection' in on)) {
    const connection = new MqttConnection(on);
    connection.implicit = true;
    return connection;
  }
  const { connection } = on;
  check(connection instanceof MqttConnection, 'connection', connection, 'an MqttConnection');
  return connection;
}

/** The promise's outcome, or the signal's reason if that comes first. Takes the same number of turns with a signal as without, so that nobody overtakes. */
export async function within<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  let giveUp = () => {};
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal?.reason);
  });
  signal?.addEventListener('abort', giveUp);
  if (signal?.aborted) giveUp();
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}
