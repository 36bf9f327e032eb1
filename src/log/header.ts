import { messagePack } from '../codec.js';

/** What tells a batch of a producer from all others. */
export interface Header {
  /** The producer's 16 bytes in hexadecimal digits. */
  readonly producer: string;
  readonly seq: number;
}

/**
 * Of a message in wire format 1 (docs/wire-format.md); undefined for any other bytes. Only what a reader would take has one: a damaged message must never
 * be taken for the one that it was.
 */
export function readHeader(message: Uint8Array): Header | undefined {
  // Most of what is something else shows here, and an error takes a thousand times as long.
  if (message[0] !== 0x96 || message[1] !== 1) return undefined;
  try {
    const { producer, seq } = messagePack.decode(message, 'any');
    return producer === undefined || seq === undefined ? undefined : { producer, seq };
  } catch {
    return undefined;
  }
}
