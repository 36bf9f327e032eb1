/**
 * Wire format 1 (docs/wire-format.md): batches of events as MessagePack. Headers and metadata are read, filtered and dropped
 * without decoding any object.
 *
 * ```ts
 * new StreamProducer(publisher, { codec: messagePack }); // what byte shims use unless told otherwise
 * ```
 */
import { decode } from './codec-reader.js';
import { writer } from './codec-writer.js';
import type { Codec } from './protocols.js';

export const messagePack: Codec = { ...writer, decode };
