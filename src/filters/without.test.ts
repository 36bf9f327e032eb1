import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messagePack } from '../codec.js';
import type { EventBatch } from '../events.js';
import { anyBatch } from '../fixtures/data.js';
import { inline } from '../fixtures/wire.js';
import { without } from './without.js';

const encode = ({ events, ...header }: EventBatch) => messagePack.assemble(header, events.map(messagePack.encodeEvent));
const contents = (message: Uint8Array) => {
  const { events, ...header } = messagePack.decode(message, '');
  return { ...header, events: events.map((event) => (event.type === 'inline' ? inline(event.object, event.metadata) : event)) };
};

describe('a message without some of its events', () => {
  test('is the same message otherwise, whatever is in it', () => {
    fc.assert(
      fc.property(anyBatch, fc.infiniteStream(fc.boolean()), (whole, flags) => {
        const gone = whole.events.map(() => flags.next().value as boolean);
        const message = encode(whole);
        const { events, ...header } = contents(message);
        expect(contents(without(message, gone))).toEqual({ ...header, events: events.filter((_, i) => !gone[i]) });
      }),
      { numRuns: 1000 },
    );
  });

  test('may be one that says every length at length, and has more fields than we know', () => {
    const four = (length: number) => [0, 0, 0, length];
    const event = (n: number) => [
      0xdd,
      ...four(3),
      0xd0,
      0,
      0xdf,
      ...four(1),
      0xdb,
      ...four(1),
      0x6e,
      0xd2,
      ...four(n),
      0xc6,
      ...four(1),
      n,
    ];
    const header = [0xcd, 0, 1, 0xdb, ...four(1), 0x74, 0xc6, ...four(16), ...Array(16).fill(7), 0xcc, 5, 0xdd, ...four(0)];
    const events = [0xdd, ...four(3), ...event(1), ...event(2), ...event(3)];
    const message = Uint8Array.of(0xdd, ...four(7), ...header, ...events, 0xc9, ...four(1), 3, 0xc0);
    expect(() => messagePack.decode(message, '')).toThrow();
    const known = Uint8Array.of(...message.subarray(0, -7), 0xc8, 0, 1, 3, 0x90);
    expect(contents(known).events).toHaveLength(3);
    expect(contents(without(known, [true, false, true]))).toMatchObject({ seq: 5, events: [{ metadata: { n: 2 }, object: 2 }] });
  });
});
