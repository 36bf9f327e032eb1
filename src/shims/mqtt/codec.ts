import { writer } from '../../codec-writer.js';
import { StreamError } from '../../errors.js';
import type { Codec } from '../../protocols.js';

let reader: typeof import('../../codec-reader.js') | undefined;

/** `messagePack`, with what reads in the part that is loaded at the first connect: nothing arrives before. */
export const codec: Codec = {
  ...writer,
  async load() {
    reader ??= await import('../../codec-reader.js');
  },
  decode(message, topic) {
    if (!reader) throw new StreamError('unsupported', 'What reads messages is not loaded: await codec.load() first');
    return reader.decode(message, topic);
  },
};
