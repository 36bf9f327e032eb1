import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StreamRecord } from './records.js';
import { see } from './seen.js';

const sequences = fc.array(fc.oneof(fc.nat(40), fc.nat(400)), { minLength: 1, maxLength: 300 });

/** Fewer holes than are remembered. */
test('a batch is a duplicate when it came before, and missing while a later one has come and it has not', () => {
  fc.assert(
    fc.property(sequences, (seqs) => {
      const first = seqs[0] as number;
      const came = new Set<number>();
      let stream: StreamRecord | undefined;
      let missing = 0;
      for (const [at, seq] of seqs.entries()) {
        const { duplicate, missed, after } = see(stream, seq, at);
        // Of what came before the first nothing is known.
        expect(duplicate).toBe(seq >= first && came.has(seq));
        came.add(seq);
        missing += missed;
        const expected = Array.from({ length: after.next - first }, (_, i) => first + i).filter((n) => !came.has(n));
        expect(missing).toBe(expected.length);
        expect(after.holes.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i))).toEqual(expected);
        expect(after).toMatchObject({ floor: first, next: Math.max(...came) + 1, at });
        stream = after;
      }
    }),
  );
});

test('of too many holes the oldest are forgotten: what would fill them is taken for new, and is not counted', () => {
  let stream: StreamRecord | undefined;
  for (let seq = 0; seq < 2000; seq += 2) stream = see(stream, seq, seq).after;
  expect(stream?.holes).toHaveLength(256);
  expect(stream?.holes.at(-1)).toEqual([1997, 1998]);
  expect(see(stream, 1, 0)).toMatchObject({ duplicate: false, missed: 0 });
  expect(see(stream, 1997, 0)).toMatchObject({ duplicate: false, missed: -1 });
});
