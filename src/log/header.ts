/**
 * The fixed fields at the start of a wire format 1 message (docs/wire-format.md), read without decoding the rest: `[1, topic, producer, seq, …`.
 * Undefined for any other bytes.
 */
export interface Header {
  /** The producer's 16 bytes as as many characters. */
  readonly producer: string;
  readonly seq: number;
}

const LIST_OF_6 = 0x96;
const BIN_8 = 0xc4;

export function readHeader(message: Uint8Array): Header | undefined {
  if (message[0] !== LIST_OF_6 || message[1] !== 1) return undefined;
  const producer = skipString(message, 2);
  if (message[producer] !== BIN_8 || message[producer + 1] !== 16) return undefined;
  const seq = readUint(message, producer + 18);
  if (seq === undefined) return undefined;
  return { producer: String.fromCharCode(...message.subarray(producer + 2, producer + 18)), seq };
}

/** Where the string that starts here ends; nowhere when there is none. */
function skipString(bytes: Uint8Array, at: number): number {
  const head = bytes[at] ?? 0;
  if (head >= 0xa0 && head < 0xc0) return at + 1 + (head & 31);
  if (head === 0xd9) return at + 2 + bigEndian(bytes, at + 1, 1);
  if (head === 0xda) return at + 3 + bigEndian(bytes, at + 1, 2);
  return Number.NaN;
}

function readUint(bytes: Uint8Array, at: number): number | undefined {
  const head = bytes[at] ?? 0xff;
  if (head < 0x80) return head;
  const size = head >= 0xcc && head <= 0xcf ? 2 ** (head - 0xcc) : 0;
  if (size === 0 || at + size >= bytes.length) return undefined;
  const value = bigEndian(bytes, at + 1, size);
  return Number.isSafeInteger(value) ? value : undefined;
}

function bigEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
