/** Words for tests of the MQTT shim, in Node and in pages. */

import { StreamError } from '../../src/errors.js';
import type { Batch, BatchSubscriber, Message } from '../../src/protocols.js';
import type { MqttConnection, MqttState } from '../../src/shims/mqtt.js';

/** A topic that no other test uses. */
export function freshTopic(): string {
  return `t/${crypto.randomUUID()}`;
}

export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (payload: Uint8Array) => new TextDecoder().decode(payload);

/** The connection's state once it has this status; at once when it has. */
export function reaches<S extends MqttState['status']>(connection: MqttConnection, status: S): Promise<Extract<MqttState, { status: S }>> {
  return new Promise((resolve) => {
    const look = (state: MqttState) => {
      if (state.status !== status) return;
      stop();
      resolve(state as Extract<MqttState, { status: S }>);
    };
    const stop = connection.onState(look);
    look(connection.state);
  });
}

/** Reads so many messages and acknowledges them all. */
export async function read(subscriber: BatchSubscriber<Message>, count: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const batch of subscriber.batches({ ack: 'manual' })) {
    take(batch, texts);
    batch.ack();
    if (texts.length >= count) break;
  }
  return texts;
}

/** Reads and acknowledges until this one has come. */
export async function readUntil(subscriber: BatchSubscriber<Message>, last: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const batch of subscriber.batches({ ack: 'manual' })) {
    take(batch, texts);
    batch.ack();
    if (texts.includes(last)) break;
  }
  return texts;
}

/** The texts of a batch; an error in it reads as `!code reason`. */
export function take({ messages }: Batch<Message>, into: string[] = []): string[] {
  for (const message of messages)
    into.push(message instanceof StreamError ? `!${message.code} ${message.details.reason ?? ''}` : text(message.payload));
  return into;
}

export const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `${from + i}`);
