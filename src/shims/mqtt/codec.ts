import { encodeEvent } from '../../codec-events.js';
import { StreamError } from '../../errors.js';
import type { Codec } from '../../protocols.js';

let messages: typeof import('../../codec-messages.js') | undefined;

/** `messagePack`, with what makes and reads messages in the part that is loaded at the first connect: nothing comes or goes before. */
const decode: Codec['decode'] = (message, topic) => loaded().decode(message, topic);

export const codec: Codec = {
  encodeEvent,
  assemble: (header, events) => loaded().assemble(header, events),
  decode,
  wire1: decode,
  async load() {
    messages ??= await import('../../codec-messages.js');
  },
};

function loaded(): typeof import('../../codec-messages.js') {
  if (messages) return messages;
  throw new StreamError('unsupported', 'This codec is not loaded: await codec.load() first');
}
