import { check } from '../../check.js';
import { closedError } from '../../errors.js';
import { Mailbox, payloads } from '../../mailbox.js';
import type { Batch, BatchOptions, BatchSubscriber, BufferOptions, Codec, Message } from '../../protocols.js';
import { topicMatcher } from '../../topic.js';
import { codec } from './codec.js';
import { connectionOn, type MqttConnection, within } from './connection.js';
import type { Inlet } from './inlet.js';
import { checkQos, type MqttOn } from './options.js';

export type MqttSubscriberOptions = MqttOn &
  BufferOptions & {
    /** 1: the broker sends again what was not acknowledged. 0: at most once. Default 1. */
    readonly qos?: 0 | 1;
  };

/**
 * Reads what is published under a topic filter. `$share/group/filter` shares the messages out among the group's members.
 *
 * QoS 1: asking for more acknowledges, and the broker stops at `receiveMaximum` messages not yet acknowledged (MQTT 5). MQTT 3.1.1 knows no such bound:
 * what no longer fits into `maxMessages` and `maxBytes` is neither kept nor acknowledged, and with `clean: false` the connection is renewed once the
 * buffer has drained, so that the broker sends it again, in order as far as the broker keeps it
 * (Aedes mixes in what is published meanwhile). With a clean session, and at QoS 0, what does not fit meets the `overflow` policy,
 * is counted in `dropped` and shows as a `gap`.
 *
 * When the connection breaks, `clean: false` at QoS 1 loses nothing, and a message may come twice. Otherwise, or when the broker has forgotten the session,
 * a `gap` with the reason `session_lost` stands where messages may be missing.
 */
export class MqttSubscriber implements BatchSubscriber<Message> {
  readonly codec: Codec = codec;
  readonly connection: MqttConnection;
  /** True for `$share/…`: others get the rest. */
  readonly competing: boolean;
  readonly #inlet: Inlet;
  readonly #options: MqttSubscriberOptions;
  #closing: Promise<void> | undefined;

  constructor(
    readonly filter: string,
    options: MqttSubscriberOptions,
  ) {
    const { qos = 1, maxMessages = 10_000, maxBytes = 64 * 2 ** 20, overflow = 'error' } = options;
    checkQos(qos);
    const limits = { maxMessages, maxBytes, overflow };
    const inlet: Inlet = {
      filter,
      matches: topicMatcher(unshared(filter)),
      qos,
      limits,
      resumes: false,
      mailbox: new Mailbox<Message>({ ...limits, onAck: (messages) => inlet.onAck(messages) }),
      onAck: () => {},
    };
    this.#inlet = inlet;
    this.#options = options;
    this.competing = filter.startsWith('$share/');
    this.connection = connectionOn(options);
    this.connection.join(inlet);
  }

  /** Messages lost to the overflow policy. */
  get dropped(): number {
    return this.#inlet.mailbox.dropped;
  }

  /** Messages that wait, or were given and are not acknowledged. */
  get buffered(): number {
    return this.#inlet.mailbox.size;
  }

  batches(options?: BatchOptions): AsyncIterable<Batch<Message>> {
    this.#start().catch((error) => this.#inlet.mailbox.close(error));
    return this.#inlet.mailbox.batches(options);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return payloads(this);
  }

  /** Settles once everything published from now on will be delivered; rejects when the broker refuses, or with the signal's reason. */
  async ready({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted();
    await within(
      this.#start().then((session) => session.subscribed(this.#inlet)),
      signal,
    );
  }

  /**
   * Ends iterations. What was not acknowledged stays with a `clean: false` session whose connection ends with this;
   * on a connection that stays open for others it is given up, and the broker is told to send no more.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** To be called before the first use: the broker should know this one from another tab, or an earlier visit. When it does not, a `gap` says so. */
  resume(): void {
    this.#inlet.resumes = true;
  }

  /** Another of the same options, which has not connected. */
  renew(): MqttSubscriber {
    return new MqttSubscriber(this.filter, this.#options);
  }

  async #start() {
    if (this.#closing) throw closedError();
    const session = await this.connection.open();
    session.subscribe(this.#inlet);
    return session;
  }

  async #close(): Promise<void> {
    this.#inlet.mailbox.close();
    await this.connection.leave(this.#inlet);
  }
}

/** The filter inside `$share/group/filter`. */
function unshared(filter: string): string {
  const shared = /^\$share\/(?:[^/+#]+\/(.+))?/.exec(filter);
  check(!shared || shared[1] !== undefined, 'A shared subscription', filter, '$share/group/filter');
  return shared?.[1] ?? filter;
}
