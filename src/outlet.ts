/** One face for both kinds of publisher: what the producer needs to know of the wire. */
import type { BatchHeader, StreamEvent } from './events.js';
import type { Codec, EventPublisher, Publisher } from './protocols.js';

/** An event ready for the wire. */
export type Encoded = StreamEvent | Uint8Array;

/** Sends one message of a sealed batch; may be called again. */
export type Parcel = () => Promise<void>;

export interface Outlet {
  /** Settles once `seal` may be called; nothing to wait for otherwise. */
  load?(): Promise<unknown> | undefined;
  /** Throws `StreamError('not_encodable')`. */
  encode(event: StreamEvent): Encoded;
  seal(header: BatchHeader, events: readonly Encoded[]): Parcel[];
}

/** Throws `TypeError` when bytes are wanted and nobody says how to write them. */
export function openOutlet(publisher: Publisher | EventPublisher, given?: Codec): Outlet {
  if (!given && 'sendEvents' in publisher) {
    return {
      encode: (event) => event,
      seal: (header, events) => {
        const batch = { ...header, events: events as readonly StreamEvent[] };
        return [() => publisher.sendEvents(batch)];
      },
    };
  }
  const wire = publisher as Publisher;
  const codec = given ?? wire.codec;
  if (typeof wire.send !== 'function') throw new TypeError('A publisher needs send() or sendEvents()');
  if (!codec) throw new TypeError('Bytes need a codec: pass { codec: messagePack }');
  return {
    load: () => codec.load?.(),
    encode: (event) => codec.encodeEvent(event),
    seal: (header, events) => {
      const messages = codec.assemble(header, events as readonly Uint8Array[]);
      return messages.map((message) => () => wire.send(header.topic, message));
    },
  };
}
