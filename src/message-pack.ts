/** What the writer and the reader of MessagePack agree on: extension types and limits (docs/wire-format.md). */

/** The extension types of the MessagePack specification (-1) and of wire format 1. */
export const DATE = 0xff;
export const UNDEFINED = 0;
export const BIG_INTEGER = 1;
export const MAP = 2;
export const SET = 3;
export const BUFFER = 4;

/** The first byte of a buffer extension says which. Elements are little-endian, as on every platform with these types. */
export const BUFFERS = [
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
  ArrayBuffer,
] as const;

/** Lists, maps and sets within each other, in an object or in metadata. */
export const MAX_DEPTH = 64;

/**
 * Of a whole message, its objects included. What takes memory however short it is has weight: 1 for each list and map, 4 for each binary and
 * extension. So no message becomes much more than 100 MB of empty maps.
 */
export const MAX_WEIGHT = 2 ** 20;

export const MAX_BIG_INTEGER_BYTES = 2 ** 16;
