import { describe, expect, test, vi } from 'vitest';
import { StreamConsumer } from './consumer.js';
import type { StreamError } from './errors.js';
import { END_OF_STREAM, type EventBatch } from './events.js';
import { collect } from './fixtures/promises.js';
import { batch, inline, Wire } from './fixtures/wire.js';
import { gap } from './mailbox.js';

const numbered = (seq: number, fields = {}) => batch([inline(seq, { n: seq })], { seq, ...fields });
const end = batch([END_OF_STREAM], { topic: 'end', producer: 'e' });

async function read(wire: Wire, messages: readonly (EventBatch | StreamError)[]) {
  const onGap = vi.fn();
  const consumer = new StreamConsumer<number>(wire.bring(...messages, end), { onGap });
  const items = await collect(consumer);
  return { items, stats: consumer.stats, gaps: onGap.mock.calls.map(([error]) => error as StreamError) };
}

describe('a batch that comes twice', () => {
  test('is left out, counted and acknowledged', async () => {
    const wire = new Wire();
    const { items, stats } = await read(wire, [numbered(0), numbered(1), numbered(0), numbered(1), numbered(2)]);
    expect(items).toEqual([0, 1, 2]);
    expect(stats).toMatchObject({ duplicates: 2, gaps: 0, missed: 0 });
    expect(wire.acknowledged).toHaveLength(6);
  });

  test('is no duplicate of another producer’s, nor of another topic’s', async () => {
    const { items, stats } = await read(new Wire(), [numbered(0), numbered(0, { producer: 'b' }), numbered(0, { topic: 'u' })]);
    expect(items).toEqual([0, 0, 0]);
    expect(stats.duplicates).toBe(0);
  });

  test('is taken for one only where its sender numbers batches', async () => {
    const plain = { topic: 't', stores: [], events: [inline(1)] };
    const { items } = await read(new Wire(), [plain, plain]);
    expect(items).toEqual([1, 1]);
  });
});

describe('a batch that is missing', () => {
  test('is counted and told', async () => {
    const { items, stats, gaps } = await read(new Wire(), [numbered(4), numbered(5), numbered(8)]);
    expect(items).toEqual([4, 5, 8]);
    expect(stats).toMatchObject({ gaps: 1, missed: 2, duplicates: 0 });
    expect(gaps).toMatchObject([{ code: 'gap', details: { reason: 'sequence', missed: 2, topic: 't' } }]);
  });

  test('is taken back when it comes late', async () => {
    const { items, stats } = await read(new Wire(), [numbered(0), numbered(2), numbered(1), numbered(1)]);
    expect(items).toEqual([0, 2, 1]);
    expect(stats).toMatchObject({ gaps: 1, missed: 0, duplicates: 1 });
  });

  test('is somebody else’s where subscribers compete', async () => {
    const { stats, gaps } = await read(new Wire({ competing: true }), [numbered(0), numbered(5)]);
    expect(stats).toMatchObject({ gaps: 0, missed: 0 });
    expect(gaps).toEqual([]);
  });

  test('shows on the delivery that comes right after the gap', async () => {
    const consumer = new StreamConsumer<number>(new Wire().bring(numbered(0), numbered(2), numbered(3), end));
    const found: [number, number | undefined][] = [];
    for await (const { item, gap } of consumer.deliveries()) found.push([item, gap?.details.missed as number]);
    expect(found).toEqual([
      [0, undefined],
      [2, 1],
      [3, undefined],
    ]);
  });

  test('shows on the next delivery when the filter dropped the one after the gap', async () => {
    const wire = new Wire().bring(numbered(0), numbered(2), numbered(3), end);
    const consumer = new StreamConsumer<number>(wire, { filter: ({ n }) => n === 2 });
    const found: [number, string | undefined][] = [];
    for await (const { item, gap } of consumer.deliveries()) found.push([item, gap?.code]);
    expect(found).toEqual([
      [0, undefined],
      [3, 'gap'],
    ]);
  });
});

describe('a gap that the wire tells of', () => {
  test('is counted and told, and the stream goes on', async () => {
    const news = gap('overflow', 3);
    const { items, stats, gaps } = await read(new Wire(), [numbered(0), news, numbered(1)]);
    expect(items).toEqual([0, 1]);
    expect(stats.gaps).toBe(1);
    expect(gaps).toEqual([news]);
  });

  test('costs no event when its listener throws', async () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => {});
    const onGap = () => {
      throw new Error('listener');
    };
    expect(await collect(new StreamConsumer<number>(new Wire().bring(numbered(0), gap('overflow'), numbered(1), end), { onGap }))).toEqual([
      0, 1,
    ]);
    expect(report).toHaveBeenCalledTimes(1);
    report.mockRestore();
  });
});
