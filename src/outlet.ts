/** One face for both kinds of publisher: what the producer needs to know of the wire. */
import type { BatchHeader, StreamEvent } from './events.js';
import type { Codec, EventPublisher, Publisher, PublisherLimits, SendOptions } from './protocols.js';
import { roughBytes } from './rough-bytes.js';

/** An event ready for the wire. */
export interface Encoded {
  readonly content: StreamEvent | Uint8Array;
  readonly bytes: number;
}

/** One message of a sealed batch; may be sent again. */
export type Parcel = (options: SendOptions) => Promise<void>;

export interface Outlet {
  readonly limits: PublisherLimits;
  /** Throws `StreamError('not_encodable')`. */
  encode(event: StreamEvent): Encoded;
  seal(header: BatchHeader, events: readonly Encoded[]): Parcel[];
}

/** Throws `TypeError` when bytes are wanted and nobody says how to write them. */
export function openOutlet(publisher: Publisher | EventPublisher, codec?: Codec): Outlet {
  if (!codec && 'sendEvents' in publisher) return eventOutlet(publisher);
  const bytesPublisher = publisher as Publisher;
  const writer = codec ?? bytesPublisher.codec;
  if (typeof bytesPublisher?.send !== 'function') throw new TypeError('A publisher needs send(topic, bytes) or sendEvents(batch)');
  if (!writer) throw new TypeError('This publisher carries bytes and names no codec: pass { codec: messagePack }');
  return byteOutlet(bytesPublisher, writer);
}

function eventOutlet(publisher: EventPublisher): Outlet {
  return {
    get limits() {
      return publisher.limits ?? {};
    },
    encode: (event) => ({ content: event, bytes: roughBytes(event) }),
    seal: (header, events) => {
      const batch = { ...header, events: events.map(({ content }) => content as StreamEvent) };
      return [(options) => publisher.sendEvents(batch, options)];
    },
  };
}

function byteOutlet(publisher: Publisher, codec: Codec): Outlet {
  return {
    get limits() {
      return publisher.limits ?? {};
    },
    encode: (event) => {
      const content = codec.encodeEvent(event);
      return { content, bytes: content.length };
    },
    seal: (header, events) => {
      const messages = codec.assemble(
        header,
        events.map(({ content }) => content as Uint8Array),
      );
      return messages.map((message) => (options) => publisher.send(header.topic, message, options));
    },
  };
}
