import { Decoder, Encoder, ExtData, ExtensionCodec } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyData } from './fixtures/data.js';
import { pack } from './pack.js';
import { unpack } from './unpack.js';

const FREELY = { depth: 1000, weight: 2 ** 30, views: 0 };

/** What every implementation of MessagePack knows. */
const plain = fc.jsonValue({ maxDepth: 5 }).filter((value) => !JSON.stringify(value).includes('__proto__'));
const dates = fc.date({ noInvalidDate: true });

describe('keys that come again', () => {
  const keys = [
    '',
    'a',
    'b',
    'aa',
    'é',
    'ab',
    '9'.repeat(31),
    '9'.repeat(32),
    '9'.repeat(57),
    'x'.repeat(31),
    'é'.repeat(15),
    '\u0000',
    '🌋',
  ];

  test('are read as what they are, whichever were read before', () => {
    const reference = new Decoder();
    for (let i = 0; i < 2000; i++) keys.push(i.toString(36), `${'k'.repeat(i % 40)}${i % 7}`);
    for (const key of [...keys, ...[...keys].reverse()]) {
      const packed = pack({ [key]: 1 });
      expect(unpack(packed, FREELY).value).toEqual(reference.decode(packed));
      expect(Object.keys(unpack(packed, FREELY).value as object)).toEqual([key]);
    }
  });

  test('are refused when they are cut short, or forbidden', () => {
    const packed = pack({ key: 1 });
    unpack(packed, FREELY);
    for (let length = 1; length < packed.length; length++) expect(() => unpack(packed.slice(0, length), FREELY)).toThrow(RangeError);
    const bytes = [0x81, 0xa9, ...new TextEncoder().encode('__proto__'), 1];
    for (const _ of [1, 2]) expect(() => unpack(Uint8Array.from(bytes), FREELY)).toThrow(TypeError);
  });
});

describe('next to the reference implementation', () => {
  test('plain data is written byte for byte the same', () => {
    const reference = new Encoder();
    const same = (value: unknown) => {
      expect(toHex(pack(value))).toBe(toHex(reference.encode(value)));
    };
    fc.assert(fc.property(plain.map(withoutMinusZero), same), { numRuns: 500 });
    for (const value of edges()) same(value);
  });

  test('it reads what is written here', () => {
    const reference = new Decoder();
    const reads = (value: unknown) => {
      expect(reference.decode(pack(value))).toEqual(value);
    };
    fc.assert(fc.property(fc.oneof(plain, dates), reads), { numRuns: 500 });
  });

  test('what it writes is read here', () => {
    const reference = new Encoder();
    const isRead = (value: unknown) => {
      expect(unpack(reference.encode(value), FREELY).value).toEqual(value);
    };
    fc.assert(fc.property(fc.oneof(plain.map(withoutMinusZero), dates), isRead), { numRuns: 500 });
    for (const value of edges()) expect(toHex(pack(unpack(reference.encode(value), FREELY).value))).toBe(toHex(pack(value)));
  });

  test('it finds the extensions of wire format 1 where the format says they are', () => {
    const list = (data: Uint8Array) => reference.decode(data);
    const extensionCodec = new ExtensionCodec();
    const reference = new Decoder({ extensionCodec });
    for (const type of [0, 1, 2, 3, 4]) extensionCodec.register({ type, encode: () => null, decode: (data) => new ExtData(type, data) });
    const [nothing, big, map, set, floats] = list(
      pack([undefined, -258n, new Map([['a', 1]]), new Set([true]), new Int16Array([-2])]),
    ) as ExtData[];
    expect(nothing).toEqual(new ExtData(0, new Uint8Array(0)));
    expect(big).toEqual(new ExtData(1, Uint8Array.of(1, 1, 2)));
    expect(list(map?.data as Uint8Array)).toEqual(['a', 1]);
    expect(list(set?.data as Uint8Array)).toEqual([true]);
    expect(floats).toEqual(new ExtData(4, Uint8Array.of(2, 0xfe, 0xff)));
  });

  test('single precision and numbers for keys, which only others write, are read', () => {
    expect(unpack(new Encoder({ forceFloat32: true }).encode([1.5]), FREELY).value).toEqual([1.5]);
    expect(unpack(Uint8Array.of(0x81, 7, 8), FREELY).value).toEqual({ 7: 8 });
  });
});

describe('weight', () => {
  test('is 1 for each list and map and 4 for each binary and extension, however deep', () => {
    const value = [{}, new Uint8Array(3), 1n, new Map([['a', [new Set()]]])];
    // 2 for the list and the map, 4 for the binary, 4 for the integer, 5 each for the Map and the Set, 1 for the list in it
    expect(unpack(pack(value), FREELY).weight).toBe(2 + 4 + 4 + 5 + 5 + 1);
  });

  test('never exceeds twice the bytes', () => {
    fc.assert(
      fc.property(anyData, (value) => {
        const bytes = pack(value);
        expect(unpack(bytes, FREELY).weight).toBeLessThanOrEqual(2 * bytes.length);
      }),
    );
    for (const least of [[], {}, new Uint8Array(0), undefined, 0n, new Map(), new Set(), new ArrayBuffer(0)]) {
      const bytes = pack(least);
      expect(unpack(bytes, FREELY).weight).toBeLessThanOrEqual(2 * bytes.length);
    }
  });
});

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Every head that a writer may choose, at both ends of its range. */
function edges(): unknown[] {
  const numbers = [0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, 2 ** 53, 1.5];
  const negative = [-1, -32, -33, -128, -129, -32_768, -32_769, -(2 ** 31), -(2 ** 31) - 1, Number.MIN_SAFE_INTEGER, -(2 ** 53)];
  const lengths = [0, 1, 15, 16, 31, 32, 47, 48, 255, 256, 65_535, 65_536];
  const strings = lengths.flatMap((length) => ['x'.repeat(length), 'é'.repeat(length), '温'.repeat(length), '😀'.repeat(length)]);
  const lists = lengths.map((length) => new Array<null>(length).fill(null));
  const maps = lengths.map((length) => Object.fromEntries(Array.from({ length }, (_, i) => [`key ${i}`, i])));
  return [
    ...numbers,
    ...negative,
    ...strings,
    ...lists,
    ...maps,
    ...lengths.map((length) => new Uint8Array(length).fill(7)),
    null,
    true,
    false,
  ];
}

/** The reference implementation writes it as 0. */
function withoutMinusZero<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
