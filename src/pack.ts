/**
 * Writes MessagePack that keeps the kind of every value: `undefined`, -0, `BigInt`, `Map`, `Set`, `Date` and typed arrays are read as what they were.
 * Half of what a general library does, and a third of its size; the tests hold it against one.
 */
import { StreamError } from './errors.js';
import { MAX_MESSAGE_BYTES } from './events.js';
import { fromHex } from './hex.js';
import { BIG_INTEGER, BUFFER, BUFFERS, DATE, MAP, MAX_BIG_INTEGER_BYTES, MAX_DEPTH, SET, UNDEFINED } from './message-pack.js';

/** Written as a binary that holds `content` as MessagePack: whoever reads it may leave that unread. */
export class Embedded {
  constructor(readonly content: unknown) {}
}

const FIRST_BYTES = 4096;
/** A longer buffer is not kept for the next call. */
const KEPT_BYTES = 2 ** 20;
/** By hand, short strings are written faster. */
const SHORT = 48;
const utf8 = new TextEncoder();

let buffer = new Uint8Array(FIRST_BYTES);
let view = new DataView(buffer.buffer);
let at = 0;
/** As `MAX_WEIGHT` counts. */
let weight = 0;
/** What the last value that was packed weighs. */
export let weightOfPacked = 0;

/** `keep` copies it. Throws `TypeError` or `RangeError` when it is no data or too deep, `StreamError('too_large')` when far beyond any message. */
export function pack(value: unknown, keep = (bytes: Uint8Array): Uint8Array => bytes.slice()): Uint8Array {
  const start = at; // not 0 when a getter packs something
  const outer = weight;
  weight = 0;
  try {
    write(value, 1);
    weightOfPacked = weight;
    return keep(buffer.subarray(start, at));
  } finally {
    at = start;
    weight = outer;
    if (start === 0 && buffer.length > KEPT_BYTES) resize(FIRST_BYTES);
  }
}

function write(value: unknown, depth: number): void {
  reserve(16);
  if (typeof value === 'string') writeString(value);
  else if (typeof value === 'number') writeNumber(value);
  else if (typeof value === 'boolean') byte(value ? 0xc3 : 0xc2);
  else if (value === null) byte(0xc0);
  else if (value === undefined) writeExtension(UNDEFINED, new Uint8Array(0));
  else if (typeof value === 'bigint') writeExtension(BIG_INTEGER, bigToBytes(value));
  else if (typeof value === 'object') writeObject(value, depth);
  else throw new TypeError(`a ${typeof value} is not data`);
}

function writeObject(value: object, depth: number): void {
  if (depth > MAX_DEPTH) throw new RangeError(`it is nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) writeList(value, depth);
  else if (value instanceof Uint8Array) writeBinary(value);
  else {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) writeMap(value, depth);
    else writeInstance(value, depth);
  }
}

function writeInstance(value: object, depth: number): void {
  if (value instanceof Embedded) enclose(0xc4, () => write(value.content, 1));
  else if (value instanceof Date) writeDate(value);
  else if (value instanceof Map) enclose(0xc7, () => write([...value].flat(1), depth + 1), MAP);
  else if (value instanceof Set) enclose(0xc7, () => write([...value], depth + 1), SET);
  else {
    const kind = BUFFERS.findIndex((Buffer) => value instanceof Buffer);
    const tag = Object.prototype.toString.call(value);
    if (kind >= 0) writeExtension(BUFFER, Uint8Array.of(kind), bytesOf(value as ArrayBufferView | ArrayBuffer));
    else if (tag !== '[object Object]') throw new TypeError(`${tag} is not data`);
    else writeMap(value, depth); // as structured clone does with the instance of a class
  }
}

function writeList(list: readonly unknown[], depth: number): void {
  const { length } = list;
  weight++;
  writeSize(length, 16, 0x90, 0xdc);
  for (let i = 0; i < length; i++) write(list[i], depth + 1);
}

function writeMap(map: object, depth: number): void {
  const keys = Object.keys(map);
  weight++;
  writeSize(keys.length, 16, 0x80, 0xde);
  for (const key of keys) {
    // Readers refuse it, and the whole message with it.
    if (key === '__proto__') throw new TypeError('the key __proto__ is not allowed');
    writeString(key);
    write(map[key as never], depth + 1);
  }
}

function writeNumber(value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    byte(0xcb);
    view.setFloat64(at, value);
    at += 8;
  } else if (value >= -32 && value < 128) byte(value);
  else {
    const span = value < 0 ? -2 * (value + 1) : value;
    const width = span < 2 ** 8 ? 0 : span < 2 ** 16 ? 1 : span < 2 ** 32 ? 2 : 3;
    byte((value < 0 ? 0xd0 : 0xcc) + width);
    if (width === 3) uint(4, Math.floor(value / 2 ** 32));
    uint(Math.min(1 << width, 4), value);
  }
}

function writeString(text: string): void {
  const { length } = text;
  reserve(5 + length * 3);
  if (length < SHORT && writeAscii(text, length)) return;
  const from = at + 5;
  const { written } = utf8.encodeInto(text, buffer.subarray(from));
  writeSize(written, 32, 0xa0, 0xd9);
  move(from, written);
}

/** False, and nothing written, when it has other characters. */
function writeAscii(text: string, length: number): boolean {
  const from = at + (length < 32 ? 1 : 2);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return false;
    buffer[from + i] = code;
  }
  writeSize(length, 32, 0xa0, 0xd9);
  at += length;
  return true;
}

function writeBinary(bytes: Uint8Array): void {
  weight += 4;
  writeSize(bytes.length, 0, 0, 0xc4);
  put(bytes);
}

function writeExtension(type: number, ...parts: readonly Uint8Array[]): void {
  weight += 4;
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const fixed = [1, 2, 4, 8, 16].indexOf(size);
  if (fixed >= 0) byte(0xd4 + fixed);
  else writeSize(size, 0, 0, 0xc7);
  byte(type);
  for (const part of parts) put(part);
}

/** Timestamp 64 where it will do, else timestamp 96. */
function writeDate(date: Date): void {
  weight += 4;
  const time = date.getTime();
  if (Number.isNaN(time)) throw new TypeError('an invalid Date has no value');
  const seconds = Math.floor(time / 1000);
  const nanoseconds = (time - seconds * 1000) * 1e6;
  const high = Math.floor(seconds / 2 ** 32);
  if (high >= 0 && high < 4) {
    byte(0xd7);
    byte(DATE);
    uint(4, nanoseconds * 4 + high);
  } else {
    byte(0xc7);
    byte(12);
    byte(DATE);
    uint(4, nanoseconds);
    uint(4, high);
  }
  uint(4, seconds);
}

/** A binary or an extension whose length shows only once it is written. */
function enclose(head: number, content: () => void, type?: number): void {
  const start = at;
  at += 6;
  weight += 4;
  content();
  const length = at - start - 6;
  at = start;
  writeSize(length, 0, 0, head);
  if (type !== undefined) byte(type);
  move(start + 6, length);
}

/** `fixed` heads carry sizes below `limit`; then come those with a size of one byte (which lists and maps lack), two and four. */
function writeSize(size: number, limit: number, fixed: number, head: number): void {
  const short = head < 0xdc;
  const width = short && size < 2 ** 8 ? 0 : size < 2 ** 16 ? 1 : 2;
  byte(size < limit ? fixed | size : head + width - (short ? 0 : 1));
  if (size >= limit) uint(1 << width, size);
}

function byte(value: number): void {
  buffer[at++] = value;
}

/** Modulo its size, so that negative numbers are two's complements. */
function uint(size: number, value: number): void {
  if (size === 1) view.setUint8(at, value);
  else if (size === 2) view.setUint16(at, value);
  else view.setUint32(at, value);
  at += size;
}

function put(bytes: Uint8Array): void {
  reserve(bytes.length);
  buffer.set(bytes, at);
  at += bytes.length;
}

function move(from: number, length: number): void {
  buffer.copyWithin(at, from, from + length);
  at += length;
}

function reserve(size: number): void {
  const needed = at + size;
  if (needed <= buffer.length) return;
  // A string asks for three times its length at first.
  const hopeless = at > MAX_MESSAGE_BYTES || needed > 4 * MAX_MESSAGE_BYTES;
  if (hopeless)
    throw new StreamError('too_large', `It is over the limit of ${MAX_MESSAGE_BYTES} bytes: send it by reference through a store`);
  resize(needed * 2);
}

function resize(size: number): void {
  const old = buffer;
  buffer = new Uint8Array(size);
  view = new DataView(buffer.buffer);
  buffer.set(old.subarray(0, at));
}

function bytesOf(value: ArrayBufferView | ArrayBuffer): Uint8Array {
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value);
}

/** Sign byte (0 or 1), then the magnitude, most significant byte first. */
function bigToBytes(value: bigint): Uint8Array {
  const digits = (value < 0n ? -value : value).toString(16);
  const bytes = fromHex((value < 0n ? '01' : '00') + '0'.repeat(digits.length % 2) + digits);
  if (bytes.length > MAX_BIG_INTEGER_BYTES) throw new RangeError(`a big integer takes more than ${MAX_BIG_INTEGER_BYTES} bytes`);
  return bytes;
}
