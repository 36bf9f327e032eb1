/**
 * Reads MessagePack that may come from anyone: in time and memory that have a bound, and never anything but a value or an error. Whoever announces
 * a billion elements, nests a million lists or sends megabytes of empty maps is refused at the first that is too many.
 */
import { StreamError } from './errors.js';
import { toHex } from './hex.js';
import { BIG_INTEGER, BUFFER, BUFFERS, DATE, MAP, MAX_BIG_INTEGER_BYTES, SET, UNDEFINED } from './message-pack.js';

export interface UnpackLimits {
  /** Lists, maps and sets within each other. */
  readonly depth: number;
  /** As `MAX_WEIGHT` counts. */
  readonly weight: number;
  /** Binaries that lie no deeper than this are views; all others are copies. */
  readonly views: number;
}

/** By hand, strings this short are read faster: in Chromium a call of the decoder takes as long as a hundred characters. */
const SHORT = 100;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const NOTHING = new Uint8Array(0);
/** Where 8 bytes become a number. */
const scratch = new DataView(new ArrayBuffer(8));
/** Keys that were read before, each in the place that `readKey` gives it: they come again with every event. */
const keys: (string | undefined)[] = [];

let bytes = NOTHING;
let at = 0;
let weight = 0;
let deepest: number;
let heaviest: number;
let views: number;

/**
 * The one value that `message` is, and its weight. Throws `StreamError('too_large')` when it weighs too much, `TypeError` or `RangeError` when it is
 * malformed.
 */
export function unpack(message: Uint8Array, within: UnpackLimits): { readonly value: unknown; readonly weight: number } {
  bytes = message as Uint8Array<ArrayBuffer>;
  at = 0;
  weight = 0;
  deepest = within.depth;
  heaviest = within.weight;
  views = within.views;
  try {
    const value = read(1);
    if (at !== bytes.length) throw new RangeError(`${bytes.length - at} bytes follow it`);
    return { value, weight };
  } finally {
    // It would stay in memory until the next one.
    bytes = NOTHING;
  }
}

function read(depth: number): unknown {
  const head = uint(1);
  if (head < 0x80) return head;
  if (head < 0x90) return readMap(head & 15, depth);
  if (head < 0xa0) return readList(head & 15, depth);
  if (head < 0xc0) return readString(head & 31);
  if (head >= 0xe0) return head - 0x100;
  if (head >= 0xde) return readMap(uint(2 << (head & 1)), depth);
  if (head >= 0xdc) return readList(uint(2 << (head & 1)), depth);
  if (head >= 0xd9) return readString(uint(1 << (head - 0xd9)));
  if (head >= 0xd4) return readExtension(1 << (head - 0xd4), depth);
  if (head >= 0xd0) return int(1 << (head - 0xd0));
  if (head >= 0xcc) return uint(1 << (head - 0xcc));
  if (head >= 0xca) return float(head === 0xca ? 4 : 8);
  if (head >= 0xc7) return readExtension(uint(1 << (head - 0xc7)), depth);
  if (head >= 0xc4) return readBinary(uint(1 << (head - 0xc4)), depth);
  if (head === 0xc1) throw new TypeError('it has a byte that MessagePack never uses');
  return head === 0xc0 ? null : head === 0xc3;
}

function readList(length: number, depth: number): unknown[] {
  enter(length, depth);
  const list: unknown[] = [];
  for (let i = 0; i < length; i++) list.push(read(depth + 1));
  return list;
}

function readMap(length: number, depth: number): Record<string, unknown> {
  enter(length * 2, depth);
  const map: Record<string, unknown> = {};
  for (let i = 0; i < length; i++) {
    const key = readKey();
    if (key === '__proto__') throw new TypeError('the key __proto__ is not allowed');
    map[key] = read(depth + 1);
  }
  return map;
}

function enter(values: number, depth: number): void {
  weigh(1);
  if (depth > deepest) throw new RangeError(`it is nested deeper than ${deepest} levels`);
  // Every value takes a byte at least.
  if (values > bytes.length - at) throw new RangeError('it announces more than it holds');
}

function weigh(more: number): void {
  weight += more;
  if (weight > heaviest) throw new StreamError('too_large', 'It holds more lists, maps and binaries than a message may');
}

/** Numbers, which other languages' maps may have for keys, become their digits. */
function readKey(): string {
  const length = (bytes[at] as number) - 0xa0;
  const place = (length * 8 + (bytes[at + 1] as number) * 64 + (bytes[at + length] as number)) & 255;
  const known = keys[place];
  if (known?.length === length && isNext(known)) {
    skip(length + 1);
    return known;
  }
  const key = read(Number.POSITIVE_INFINITY);
  if (length < 32 && (key as Partial<string>).length === length) keys[place] = key as string;
  if (typeof key !== 'string' && typeof key !== 'number') throw new TypeError('a key is neither a string nor a number');
  return String(key);
}

/** Compares characters with bytes: only where all are ASCII are there as many of both. */
function isNext(key: string): boolean {
  for (let i = 0; i < key.length; i++) if (key.charCodeAt(i) !== bytes[at + 1 + i]) return false;
  return true;
}

function readString(length: number): string {
  const start = skip(length);
  if (length > SHORT) return utf8.decode(bytes.subarray(start, at));
  const codes = new Array<number>(length);
  for (let i = 0; i < length; i++) {
    const code = bytes[start + i] as number;
    if (code > 127) return utf8.decode(bytes.subarray(start, at));
    codes[i] = code;
  }
  return String.fromCharCode(...codes);
}

function readBinary(length: number, depth: number): Uint8Array {
  weigh(4);
  // A view pins the whole message, and is shared by everyone who reads it.
  const data = take(length);
  return depth > views ? data.slice() : data;
}

function readExtension(length: number, depth: number): unknown {
  weigh(4);
  const type = uint(1);
  const end = at + length;
  if (type === MAP || type === SET) {
    if (depth > deepest) throw new RangeError(`it is nested deeper than ${deepest} levels`);
    const list = read(depth + 1);
    if (at !== end || !Array.isArray(list)) throw new TypeError('a map or set extension is malformed');
    return type === SET ? new Set(list) : toMap(list);
  }
  if (type === DATE) return readDate(length);
  const data = take(length);
  if (type === UNDEFINED && length === 0) return undefined;
  if (type === BIG_INTEGER) return bytesToBig(data);
  if (type === BUFFER) return toBuffer(data);
  throw new TypeError(`extension type ${type} is unknown or malformed`);
}

function readDate(length: number): Date {
  let seconds = 0;
  let nanoseconds = 0;
  if (length === 4) seconds = uint(4);
  else if (length === 8) {
    const high = uint(4);
    nanoseconds = high >>> 2;
    seconds = (high & 3) * 2 ** 32 + uint(4);
  } else if (length === 12) {
    nanoseconds = uint(4);
    seconds = int(8);
  }
  const date = new Date(seconds * 1000 + nanoseconds / 1e6);
  if (![4, 8, 12].includes(length) || Number.isNaN(date.getTime())) throw new TypeError('a timestamp is malformed');
  return date;
}

function toMap(list: readonly unknown[]): Map<unknown, unknown> {
  if (list.length % 2 === 1) throw new TypeError('a map extension has a key without a value');
  const map = new Map<unknown, unknown>();
  for (let i = 0; i < list.length; i += 2) map.set(list[i], list[i + 1]);
  return map;
}

function toBuffer(data: Uint8Array): unknown {
  const Kind = BUFFERS[data[0] as number];
  if (!Kind) throw new TypeError('a buffer extension is of no known kind');
  const { buffer } = data.slice(1);
  return Kind === ArrayBuffer ? buffer : new (Kind as typeof Int8Array)(buffer);
}

function bytesToBig(data: Uint8Array): bigint {
  const [sign] = data;
  const sound = sign !== undefined && sign < 2 && data.length > 1 && data.length <= MAX_BIG_INTEGER_BYTES;
  if (!sound) throw new TypeError('a big integer extension is malformed');
  const value = BigInt(`0x${toHex(data.subarray(1))}`);
  return sign === 1 ? -value : value;
}

function take(length: number): Uint8Array {
  return bytes.subarray(skip(length), at);
}

/** Where what is skipped begins. */
function skip(length: number): number {
  const start = at;
  at += length;
  if (at > bytes.length) throw new RangeError('it is cut short');
  return start;
}

function uint(size: number): number {
  const start = skip(size);
  if (size === 1) return bytes[start] as number;
  if (size === 2) return ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
  const high = word(start) >>> 0;
  return size === 4 ? high : high * 2 ** 32 + (word(start + 4) >>> 0);
}

/** Two's complement. */
function int(size: number): number {
  if (size === 8) return int(4) * 2 ** 32 + uint(4);
  const unused = 32 - size * 8;
  return (uint(size) << unused) >> unused;
}

function float(size: number): number {
  const start = skip(size);
  scratch.setInt32(0, word(start));
  if (size === 4) return scratch.getFloat32(0);
  scratch.setInt32(4, word(start + 4));
  return scratch.getFloat64(0);
}

function word(start: number): number {
  return (
    ((bytes[start] as number) << 24) |
    ((bytes[start + 1] as number) << 16) |
    ((bytes[start + 2] as number) << 8) |
    (bytes[start + 3] as number)
  );
}
