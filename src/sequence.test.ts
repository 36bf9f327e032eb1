import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SequenceTracker } from './sequence.js';

const NEW = 0;
const DUPLICATE = undefined;

describe('one after the other', () => {
  test('batches are neither doubled nor missing, wherever the stream is joined', () => {
    expect(sightings(7, 8, 9)).toEqual([NEW, NEW, NEW]);
  });

  test('what comes twice is a duplicate', () => {
    expect(sightings(0, 1, 1, 0)).toEqual([NEW, NEW, DUPLICATE, DUPLICATE]);
  });

  test('what is skipped is missing, and no longer when it comes late', () => {
    expect(sightings(0, 3, 2, 2, 1)).toEqual([NEW, 2, -1, DUPLICATE, -1]);
  });

  test('what is older than the first seen is not taken for a duplicate', () => {
    expect(sightings(5, 4, 4)).toEqual([NEW, NEW, NEW]);
  });

  test('producers and topics are told apart, whatever their names', () => {
    const tracker = new SequenceTracker();
    const streams = [
      ['a', 'b'],
      ['a', 'c'],
      ['c', 'b'],
      ['a b', 'c'],
      ['a', 'b c'],
    ] as const;
    expect(streams.map(([producer, topic]) => tracker.see(producer, topic, 3))).toEqual(streams.map(() => NEW));
  });
});

describe('handed back', () => {
  test('a batch is no duplicate when it comes again, and was never missing', () => {
    const tracker = new SequenceTracker();
    tracker.see('p', 't', 0);
    tracker.see('p', 't', 1);
    tracker.forget('p', 't', 0);
    expect([tracker.see('p', 't', 0), tracker.see('p', 't', 0)]).toEqual([NEW, DUPLICATE]);
  });

  test('twice, it is still only once expected', () => {
    const tracker = new SequenceTracker();
    tracker.see('p', 't', 0);
    tracker.forget('p', 't', 0);
    tracker.forget('p', 't', 0);
    tracker.see('p', 't', 0);
    expect(tracker.see('p', 't', 0)).toBe(DUPLICATE);
  });

  test('a batch of a stream that is not known is simply new', () => {
    const tracker = new SequenceTracker();
    tracker.forget('p', 't', 5);
    expect(tracker.see('p', 't', 5)).toEqual(NEW);
  });
});

describe('beyond its memory', () => {
  test('a long gap is counted in full, and its newest part is known one by one', () => {
    const [, long, early, late, again] = sightings(0, 1_000_001, 17, 999_999, 999_999);
    expect(long).toEqual(1_000_000);
    expect(early).toEqual(NEW);
    expect([late, again]).toEqual([-1, DUPLICATE]);
  });

  test('the largest number there is leaves those before it new', () => {
    const [, far, next] = sightings(0, Number.MAX_SAFE_INTEGER, 1);
    expect(far).toEqual(Number.MAX_SAFE_INTEGER - 1);
    expect(next).not.toBe(DUPLICATE);
  });

  test('after ever so many gaps and streams, nothing new is taken for a duplicate', () => {
    const tracker = new SequenceTracker();
    for (let seq = 0; seq < 10_000; seq += 2) tracker.see('p', 't', seq);
    for (let producer = 0; producer < 5000; producer++) tracker.see(`p${producer}`, 't', 0);
    for (let seq = 1; seq < 10_000; seq += 2) expect(tracker.see('p', 't', seq)).not.toBe(DUPLICATE);
  });
});

test('in any order: new is what was not seen or was handed back, and the count of the missing is right', () => {
  const step = fc.record({ seq: fc.nat(40), forget: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const tracker = new SequenceTracker();
      tracker.see('p', 't', 0);
      const seen = new Set([0]);
      const ever = new Set([0]);
      let missing = 0;
      for (const { seq, forget } of steps) {
        if (forget) {
          if (seen.delete(seq)) tracker.forget('p', 't', seq);
          continue;
        }
        const missed = tracker.see('p', 't', seq);
        expect(missed === DUPLICATE).toBe(seen.has(seq));
        seen.add(seq);
        ever.add(seq);
        missing += missed ?? 0;
        expect(missing).toBe(Math.max(...ever) + 1 - ever.size);
      }
    }),
    { numRuns: 500 },
  );
});

function sightings(...seqs: number[]) {
  const tracker = new SequenceTracker();
  return seqs.map((seq) => tracker.see('p', 't', seq));
}
