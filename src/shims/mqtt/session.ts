import { closedError, StreamError } from '../../errors.js';
import { backoff } from './backoff.js';
import { Claim } from './claim.js';
import type { MqttConnection } from './connection.js';
import { Inbound } from './inbound.js';
import type { Inlet } from './inlet.js';
import { Link, type Mqtt } from './link.js';
import { brokerUrl, type MqttCredentials } from './options.js';
import { Outbound } from './outbound.js';
import { PacketIds } from './packet-ids.js';
import { onWake } from './page.js';
import type { Publish } from './publish.js';
import type { MqttPublisherOptions } from './publisher.js';
import { judge, type LinkEnd, TAKEN_OVER, type Verdict } from './reasons.js';
import { Sender } from './sender.js';

/** A connection that held this long counts as good: the next trouble starts with short waits again. */
const STEADY_MS = 10_000;
const PROBE_MS = 5000;
/** Let in and hung up on so often in a row, without a word: someone else must be using this clientId. */
const KICKS = 8;
/** The first refusal asks for new credentials at once, the others after a wait. */
const REFUSALS = 5;

/** Keeps one MQTT session going over as many network connections as that takes. Constructing it starts. */
export class Session {
  readonly #connection: MqttConnection;
  readonly #mqtt: Mqtt;
  readonly #ids = new PacketIds();
  readonly #outbound = new Outbound(this.#ids);
  readonly #inbound: Inbound;
  readonly #senders = new Map<object, Sender>();
  readonly #running: Promise<void>;
  readonly #waiters = new Set<{ readonly resolve: () => void; readonly reject: (error: unknown) => void }>();
  /** There is none for a random clientId: nobody else has that. */
  readonly #claim: Claim | undefined;
  #link: Link | undefined;
  #protocol: 4 | 5;
  #over: StreamError | undefined;
  #refusals = 0;
  #kicks = 0;
  #wake: () => void = () => {};

  constructor(mqtt: Mqtt, connection: MqttConnection) {
    const { url, clientId, clean, protocolVersion = 5, connectTimeoutMs = 10_000 } = connection.options;
    this.#mqtt = mqtt;
    this.#connection = connection;
    this.#protocol = protocolVersion;
    this.#inbound = new Inbound({
      ids: this.#ids,
      persistent: clean === false,
      timeoutMs: connectTimeoutMs,
      renew: () => this.#link?.leave(),
    });
    for (const inlet of connection.inlets) this.#inbound.attach(inlet);
    if (clientId !== undefined) this.#claim = new Claim(`${brokerUrl(url)}#${clientId}`, () => this.#taken());
    this.#running = this.#run();
  }

  publish(publish: Publish): void {
    this.#outbound.add(publish);
  }

  attach(inlet: Inlet): void {
    this.#inbound.attach(inlet);
  }

  subscribe(inlet: Inlet): void {
    if (this.#over) inlet.mailbox.close(this.#over);
    else this.#inbound.want(inlet);
  }

  subscribed(inlet: Inlet): Promise<void> {
    return this.#over ? Promise.reject(this.#over) : this.#inbound.ready(inlet);
  }

  /** What this publisher sends by; the same at every call. */
  sender(publisher: object, options: MqttPublisherOptions): Sender {
    let sender = this.#senders.get(publisher);
    if (!sender) {
      sender = new Sender(this, this.#connection, options);
      this.#senders.set(publisher, sender);
    }
    return sender;
  }

  /** A publisher or a subscriber that closes. */
  leave(user: object): void {
    this.#senders.get(user)?.close(closedError());
    this.#senders.delete(user);
    this.#inbound.detach(user as Inlet);
  }

  /** Settles when there is a connection. */
  connected(): Promise<void> {
    if (this.#over) return Promise.reject(this.#over);
    if (this.#connection.state.status === 'connected') return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.add({ resolve, reject }));
  }

  async close(): Promise<void> {
    this.#finish(closedError());
    this.#wake();
    await this.#link?.leave();
    await this.#running;
  }

  async #run(): Promise<void> {
    const stopWaking = onWake(() => this.#look());
    try {
      for (let attempt = 1; !this.#over; attempt++) {
        this.#connection.show({ status: 'connecting', attempt });
        const { end, heldMs } = await this.#connect();
        if (this.#over) return;
        if (heldMs >= STEADY_MS || end.how === 'left') attempt = 0;
        if (end.how !== 'left') await this.#recover(this.#judge(end, heldMs), Math.max(attempt, 1));
      }
    } finally {
      stopWaking();
      this.#claim?.stop();
    }
  }

  #judge(end: LinkEnd, heldMs: number): Verdict {
    const kicked = end.how === 'cut' && !end.cause && heldMs > 0 && heldMs < STEADY_MS;
    this.#kicks = kicked ? this.#kicks + 1 : 0;
    return judge(this.#claim && this.#kicks >= KICKS ? TAKEN_OVER : end, this.#connection.options.url);
  }

  /** One connection from dialling to its end. */
  async #connect(): Promise<{ readonly end: LinkEnd; readonly heldMs: number }> {
    let login: MqttCredentials | undefined;
    try {
      login = await this.#login();
    } catch (cause) {
      return { end: { how: 'unanswered', cause }, heldMs: 0 };
    }
    if (this.#over) return { end: { how: 'left' }, heldMs: 0 };
    const { options, clientId, inlets } = this.#connection;
    // Who has room for fewer is not sent more.
    const receiveMaximum = Math.min(options.receiveMaximum ?? 256, ...[...inlets].map(({ limits }) => Math.floor(limits.maxMessages)));
    const link: Link = new Link(
      this.#mqtt,
      { ...options, clientId, receiveMaximum, protocol: this.#protocol, login },
      {
        onSession: (sessionPresent) => this.#inbound.session(link, sessionPresent),
        onPublish: (packet) => this.#inbound.receive(packet),
        onPuback: (id, reason) => this.#outbound.puback(id, reason),
      },
    );
    this.#link = link;
    const welcome = await link.opened;
    const since = performance.now();
    if (welcome) {
      this.#refusals = 0;
      this.#connection.show({ status: 'connected', protocol: link.protocol, sessionPresent: welcome.sessionPresent });
      this.#claim?.make();
      this.#outbound.up(link, welcome);
      this.#inbound.up(welcome);
      for (const { resolve } of this.#waiters) resolve();
      this.#waiters.clear();
    }
    const end = await link.ended;
    this.#link = undefined;
    this.#outbound.down(end);
    this.#inbound.down();
    return { end, heldMs: welcome ? performance.now() - since : 0 };
  }

  async #login(): Promise<MqttCredentials | undefined> {
    const { credentials, connectTimeoutMs = 10_000 } = this.#connection.options;
    if (typeof credentials !== 'function') return credentials;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      this.#wake = () => reject(closedError());
      timer = setTimeout(() => reject(new StreamError('timeout', `No credentials within ${connectTimeoutMs} ms`)), connectTimeoutMs);
    });
    try {
      return await Promise.race([credentials(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #recover({ next, error }: Verdict, attempt: number): Promise<void> {
    const { protocolVersion, credentials, reconnect } = this.#connection.options;
    if (next === 'downgrade' && this.#protocol === 5 && !protocolVersion) {
      this.#protocol = 4;
      return;
    }
    if (next === 'reauthorize' && typeof credentials === 'function' && ++this.#refusals < REFUSALS) {
      if (this.#refusals === 1) return;
    } else if (next !== 'retry' || attempt >= (reconnect?.attempts ?? Number.POSITIVE_INFINITY)) {
      this.#fail(error);
      return;
    }
    const delayMs = backoff(attempt, reconnect);
    this.#connection.show({ status: 'waiting', attempt, delayMs, error });
    await this.#pause(delayMs);
  }

  async #pause(delayMs: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, delayMs);
    });
    clearTimeout(timer);
    this.#wake = () => {};
  }

  /** The page is back, or the network: is the connection still there? If there is none, try now. */
  #look(): void {
    if (this.#link) this.#link.probe(PROBE_MS);
    else if (this.#connection.state.status === 'waiting') this.#wake();
  }

  /** Someone else in this browser has the session now. */
  #taken(): void {
    this.#fail(judge(TAKEN_OVER, this.#connection.options.url).error);
    this.#link?.end(TAKEN_OVER);
    this.#wake();
  }

  #fail(error: StreamError): void {
    if (this.#over) return;
    this.#connection.show({ status: 'failed', error });
    this.#finish(error);
  }

  #finish(error: StreamError): void {
    if (this.#over) return;
    this.#over = error;
    this.#outbound.fail(error);
    this.#inbound.fail(error);
    for (const { reject } of this.#waiters) reject(error);
    this.#waiters.clear();
  }
}
