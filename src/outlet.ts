/** One face for both kinds of publisher: what the producer needs to know of the wire. */
import type { BatchHeader, EventBatch, StreamEvent } from './events.js';
import type { Codec, EventPublisher, Publisher } from './protocols.js';

/** An event ready for the wire. */
export type Encoded = StreamEvent | Uint8Array;

export type Sealed = EventBatch | Uint8Array;

/** A `Codec`, or what stands for one where events go as they are. */
export interface Outlet extends Pick<Codec, 'single' | 'load'> {
  encodeEvent(event: StreamEvent): Encoded;
  assemble(header: BatchHeader, events: readonly Encoded[]): Sealed;
}

export interface Wire {
  readonly codec: Outlet;
  /** Sends what the codec has assembled. */
  send(topic: string, message: Sealed): Promise<void>;
}

const AS_THEY_ARE: Outlet = {
  encodeEvent: (event) => event,
  assemble: (header, events) => ({ ...header, events: events as readonly StreamEvent[] }),
};

/** Throws `TypeError` when bytes are wanted and nobody says how to write them. */
export function openOutlet(publisher: Publisher | EventPublisher, given?: Codec): Wire {
  if (!given && 'sendEvents' in publisher) {
    return { codec: AS_THEY_ARE, send: (_, batch) => publisher.sendEvents(batch as EventBatch) };
  }
  const wire = publisher as Publisher;
  const codec = given ?? wire.codec;
  if (typeof wire.send !== 'function') throw new TypeError('A publisher needs send() or sendEvents()');
  if (!codec) throw new TypeError('Bytes need a codec: pass { codec: messagePack }');
  return { codec, send: (topic, message) => wire.send(topic, message as Uint8Array) };
}
