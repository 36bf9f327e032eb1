/**
 * Wire format 1 (docs/wire-format.md): batches of events as MessagePack. Headers and metadata are read, filtered and dropped
 * without decoding any object.
 *
 * ```ts
 * new StreamProducer(publisher, { codec: messagePack }); // what byte shims use unless told otherwise
 * ```
 */
import { encodeEvent } from './codec-events.js';
import { assemble, decode } from './codec-messages.js';
import type { Codec } from './protocols.js';

export const messagePack: Codec = { encodeEvent, assemble, decode, wire1: decode };
