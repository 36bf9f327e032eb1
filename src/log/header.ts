/**
 * The fixed fields at the start of a wire format 1 message (docs/wire-format.md): `[1, topic, producer, seq, stores, events]`. No event is decoded; it is
 * only seen to that the message is whole, so that a damaged one is never taken for the one that it was.
 */
export interface Header {
  /** The producer's 16 bytes as as many characters. */
  readonly producer: string;
  readonly seq: number;
}

const LIST_OF_6 = 0x96;
const BIN_8 = 0xc4;

/** Undefined for any other bytes. */
export function readHeader(message: Uint8Array): Header | undefined {
  if (message[0] !== LIST_OF_6 || message[1] !== 1) return undefined;
  const head = message[2] ?? 0;
  const isString = (head >= 0xa0 && head < 0xc0) || head === 0xd9 || head === 0xda;
  const producer = isString ? skip(message, 2, 1) : Number.NaN;
  if (message[producer] !== BIN_8 || message[producer + 1] !== 16) return undefined;
  const seq = readUint(message, producer + 18);
  if (seq === undefined || skip(message, 1, 6) !== message.length) return undefined;
  return { producer: String.fromCharCode(...message.subarray(producer + 2, producer + 18)), seq };
}

function readUint(bytes: Uint8Array, at: number): number | undefined {
  const head = bytes[at] ?? 0xff;
  if (head < 0x80) return head;
  if (head < 0xcc || head > 0xcf) return undefined;
  const value = bigEndian(bytes, at + 1, 2 ** (head - 0xcc));
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Where so many MessagePack values end that start here; beyond the message when it is cut short. */
function skip(bytes: Uint8Array, start: number, values: number): number {
  let at = start;
  let left = values;
  for (; left > 0 && at < bytes.length; left--) {
    const head = bytes[at++] as number;
    if (head < 0x80 || head >= 0xe0) continue;
    if (head < 0x90) left += (head & 15) * 2;
    else if (head < 0xa0) left += head & 15;
    else if (head < 0xc0) at += head & 31;
    else if (head >= 0xdc) {
      const size = head % 2 === 0 ? 2 : 4;
      left += bigEndian(bytes, at, size) * (head >= 0xde ? 2 : 1);
      at += size;
    } else if (head >= 0xd9) at += lengthAt(bytes, at, 1 << (head - 0xd9));
    else if (head >= 0xd4) at += 1 + (1 << (head - 0xd4));
    else if (head >= 0xcc) at += 1 << (head & 3);
    else if (head >= 0xca) at += head === 0xca ? 4 : 8;
    else if (head >= 0xc7) at += 1 + lengthAt(bytes, at, 1 << (head - 0xc7));
    else if (head >= 0xc4) at += lengthAt(bytes, at, 1 << (head - 0xc4));
  }
  return left > 0 ? Number.POSITIVE_INFINITY : at;
}

function lengthAt(bytes: Uint8Array, at: number, size: number): number {
  return size + bigEndian(bytes, at, size);
}

function bigEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
