import { StreamError } from '../../errors.js';
import { Room } from '../../room.js';
import type { MqttConnection } from './connection.js';
import { Publish, type PublishProperties } from './publish.js';
import type { MqttPublisherOptions } from './publisher.js';
import type { Session } from './session.js';

/** What one publisher has under way: bounded in messages and bytes, the rest in line. */
export class Sender {
  readonly #room: Room;
  readonly #unsettled = new Set<Publish>();
  readonly #properties: PublishProperties;

  constructor(
    readonly session: Session,
    readonly connection: MqttConnection,
    readonly options: MqttPublisherOptions,
  ) {
    const { inFlight = 16, inFlightBytes = 4 * 2 ** 20, contentType, userProperties } = options;
    this.#room = new Room(inFlight, inFlightBytes);
    this.#properties = {
      ...(contentType !== undefined && { contentType }),
      ...(userProperties && { userProperties: copy(userProperties) }),
    };
  }

  /** Takes the payload over; its promise is the publisher's. */
  async send(topic: string, payload: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const { qos = 1, sendTimeoutMs, whenOffline } = this.options;
    const { status } = this.connection.state;
    if (whenOffline === 'reject' && (status === 'connecting' || status === 'waiting')) {
      throw new StreamError(
        'not_connected',
        `No connection (${status}): send again once connection.state is connected, or use whenOffline: 'wait'`,
      );
    }
    const publish = new Publish(topic, payload, qos, this.#properties);
    publish.giveUpOn(signal, sendTimeoutMs);
    this.#unsettled.add(publish);
    this.#room.enter({ bytes: payload.length, admit: () => this.#admit(publish), reject: () => {} });
    try {
      await publish.promise;
    } finally {
      this.#unsettled.delete(publish);
    }
  }

  ready(): Promise<void> {
    return this.session.connected();
  }

  close(error: StreamError): void {
    for (const publish of this.#unsettled) publish.settle(error);
  }

  #admit(publish: Publish): void {
    const leave = () => this.#room.leave(1, publish.payload.length);
    publish.promise.then(leave, leave);
    if (!publish.settled) this.session.publish(publish);
  }
}

function copy(properties: NonNullable<MqttPublisherOptions['userProperties']>): NonNullable<PublishProperties['userProperties']> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]));
}
