import { expect, test } from 'vitest';
import { roughBytes } from './rough-bytes.js';

test.each<[string, unknown, number]>([
  ['a string', 'x'.repeat(10_000), 20_000],
  ['a buffer', new ArrayBuffer(10_000), 10_000],
  ['a typed array', new Float64Array(1250), 10_000],
  ['a list of strings', Array.from({ length: 100 }, () => 'x'.repeat(50)), 10_000],
  ['a field of a field', { a: { b: 'x'.repeat(5000) } }, 10_000],
])('%s counts about what it takes', (_, value, bytes) => {
  expect(Math.abs(roughBytes(value) / bytes - 1)).toBeLessThan(0.25);
});

test.each([-1e12, Number.NaN, 0, 1e12])('a field called byteLength does not make it count for %d', (byteLength) => {
  expect(roughBytes({ byteLength, text: 'x'.repeat(1000) })).toBeGreaterThan(2000);
  expect(roughBytes({ byteLength, text: 'x'.repeat(1000) })).toBeLessThan(3000);
});
