import type { BufferOptions } from 'proxystream';
import { BroadcastChannelPublisher, BroadcastChannelSubscriber } from 'proxystream/shims/broadcast-channel';
import type { ShimSupport, ShimWorld } from 'proxystream/testing';

export const broadcastSupport: ShimSupport = {
  delivery: 'all',
  bytes: true,
  events: true,
  wildcards: true,
  redelivers: true,
  keeps: false,
  holds: false,
};

/** One context's side of a channel. */
export function broadcastWorld(channel: string, buffer: BufferOptions): ShimWorld {
  return {
    publisher: () => new BroadcastChannelPublisher({ channel }),
    subscriber: (filter) => new BroadcastChannelSubscriber(filter, { channel, ...buffer }),
  };
}
