/** Messages of bytes: the worker reads them, and the page only what is left. */
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { messagePack } from '../codec.js';
import { StreamConsumer } from '../consumer.js';
import { END_OF_STREAM, type EventBatch, type StreamEvent } from '../events.js';
import { PATIENT_MS, SHORT_MS } from '../fixtures/deadlines.js';
import { MemoryStore } from '../fixtures/memory-store.js';
import { collect } from '../fixtures/promises.js';
import { batch, byKey, inline, Wire } from '../fixtures/wire.js';
import type { Codec, Filter, Message } from '../protocols.js';
import { any, explain, not, type WorkerOptions, workerFilters } from './index.js';
import { where } from './where.js';

type HostileFilters = typeof import('../../e2e/pages/hostile-filters.js');
interface Numbered {
  readonly n: number;
}

function hostile(options: WorkerOptions = { deadlineMs: PATIENT_MS }) {
  const filters = workerFilters<HostileFilters>(
    () => new Worker(new URL('../../e2e/pages/hostile-filters.ts', import.meta.url), { type: 'module' }),
    options,
  );
  onTestFinished(() => filters.close());
  return filters;
}

const encode = ({ events, ...header }: EventBatch): Message => ({
  topic: header.topic,
  payload: messagePack.assemble(header, events.map(messagePack.encodeEvent)),
});
const numbered = (...all: number[]): StreamEvent[] => all.map((n) => inline(n, { n }));
const end = (seq: number) => encode(batch([END_OF_STREAM], { seq }));
const wireOf = (...messages: readonly Message[]) => new Wire({ codec: messagePack }).bring(...messages);

/** Shows what it decodes. */
function watched() {
  const decoded: StreamEvent[] = [];
  const decode: Codec['decode'] = (message, topic) => {
    const whole = messagePack.decode(message, topic);
    decoded.push(...whole.events);
    return whole;
  };
  return { decoded, codec: { ...messagePack, decode, wire1: decode } };
}

describe('messages of bytes', () => {
  test('are read in the worker, and on the page only as far as they are not dropped', async () => {
    const { odd } = hostile();
    const { decoded, codec } = watched();
    const wire = wireOf(encode(batch(numbered(1, 2, 3, 4), { seq: 0 })), encode(batch([...numbered(5, 7), END_OF_STREAM], { seq: 1 })));
    const consumer = new StreamConsumer<number>(wire, { filter: odd, codec });
    expect(await collect(consumer)).toEqual([2, 4]);
    expect(decoded).toMatchObject([{ metadata: { n: 2 } }, { metadata: { n: 4 } }, { type: 'end' }]);
    expect(consumer.stats).toMatchObject({ events: 2, dropped: 4, filterErrors: 0, invalid: 0 });
    expect(explain(odd)).toMatchObject({ seen: 6, dropped: 4, failed: 0, worker: { starts: 1, strays: 0 } });
    expect(wire.acknowledged).toHaveLength(2);
  });

  test('give what they give on the page, whatever is in them', async () => {
    const { odd } = hostile();
    const onPage: Filter<Numbered> = ({ n }) => n % 2 === 1;
    const anyEvents = fc.array(fc.oneof(fc.nat(9), fc.constantFrom('key', 'bytes', 'damaged', 'random') as fc.Arbitrary<string>), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvents, { maxLength: 6 }), fc.uint8Array({ minLength: 1 }), async (messages, random) => {
        const wire = () => {
          const sent = messages.map((events, seq) => {
            const message = encode(batch(events.map(toEvent), { seq, stores: [{ name: 'memory' }] }));
            if (events.includes('damaged')) return { ...message, payload: message.payload.subarray(0, -1 - ((random[0] as number) % 9)) };
            return events.includes('random') ? { ...message, payload: random } : message;
          });
          return wireOf(...sent, end(messages.length));
        };
        const read = async (filter: Filter<Numbered>) => {
          const invalid: string[] = [];
          const consumer = new StreamConsumer<unknown>(wire(), {
            filter,
            stores: [],
            onInvalid: ({ code, message }) => invalid.push(code + message),
          });
          const items = await collect(consumer.iterWithMetadata());
          return { items: items.map(([metadata, proxy]) => [metadata, proxy.descriptor]), stats: consumer.stats, invalid };
        };
        expect(await read(odd)).toEqual(await read(onPage));
      }),
      { numRuns: 200 },
    );
    expect(explain(odd).worker).toMatchObject({ starts: 1, strikes: 0, strays: 0 });
  });

  test('have the objects evicted that their dropped events refer to, unread', async () => {
    const store = new MemoryStore();
    const keys = [await store.put('once'), await store.put('kept')] as const;
    const events = [
      byKey(keys[0], { metadata: { n: 1 } }),
      byKey(keys[1], { metadata: { n: 1 }, evict: false }),
      ...numbered(3),
      END_OF_STREAM,
    ];
    const consumer = new StreamConsumer<string>(wireOf(encode(batch(events, { stores: [store.config] }))), {
      filter: hostile().odd,
      stores: [store],
    });
    expect(await collect(consumer)).toEqual([]);
    expect(consumer.stats.dropped).toBe(3);
    expect([...store.objects.values()]).toEqual(['kept']);
    expect(store.calls.get).toBe(0);
  });

  test('come again whole when their reader left', async () => {
    const wire = wireOf(encode(batch(numbered(1, 2, 4, 3), { seq: 0 })), end(1));
    for await (const first of new StreamConsumer<number>(wire, { filter: hostile().odd })) {
      expect(first).toBe(2);
      break;
    }
    expect(await collect(new StreamConsumer<number>(wire, { filter: hostile().odd }))).toEqual([2, 4]);
  });

  test('are many questions when they are many', async () => {
    const { odd } = hostile();
    const text = 'x'.repeat(1000);
    const messages = Array.from({ length: 200 }, (_, seq) =>
      encode(batch([inline(text, { n: seq }), inline(text, { n: seq + 1 })], { seq })),
    );
    const consumer = new StreamConsumer<string>(wireOf(...messages, end(200)), { filter: odd });
    const kept = await collect(consumer.iterWithMetadata());
    expect(kept.map(([{ n }]) => n)).toEqual(Array.from({ length: 200 }, (_, seq) => seq + (seq % 2)));
    expect(explain(odd)).toMatchObject({ seen: 400, dropped: 200 });
  });

  test('that are very long are read on the page', async () => {
    const { odd } = hostile();
    const { decoded, codec } = watched();
    const long = encode(batch([inline(new Uint8Array(2 ** 20), { n: 1 }), ...numbered(2)]));
    const consumer = new StreamConsumer<number>(wireOf(long, end(1)), { filter: odd, codec });
    expect(await collect(consumer)).toEqual([2]);
    expect(decoded).toHaveLength(3);
    expect(explain(odd)).toMatchObject({ seen: 2, dropped: 1 });
  });

  test('are not taken from a codec that makes something else of them', async () => {
    const decode = vi.fn<Codec['decode']>((message, topic) => {
      const whole = messagePack.decode(message, topic);
      return {
        ...whole,
        events: whole.events.map((event) => (event.type === 'inline' ? inline(event.object, { n: event.metadata.n + 1 }) : event)),
      };
    });
    const consumer = new StreamConsumer<number>(wireOf(encode(batch([...numbered(1, 2, 3), END_OF_STREAM]))), {
      filter: hostile().odd,
      codec: { ...messagePack, decode },
    });
    expect(await collect(consumer)).toEqual([1, 3]);
    expect(decode).toHaveBeenCalledTimes(1);
  });

  test('are asked about by combined filters, and by queries in the worker', async () => {
    const message = () => wireOf(encode(batch([...numbered(1, 2, 3, 4), END_OF_STREAM])));
    const { odd } = hostile();
    const read = (filter: Filter<Numbered>) => collect(new StreamConsumer<number>(message(), { filter }));
    expect(await read(not(odd))).toEqual([1, 3]);
    expect(await read(any(odd, ({ n }: Numbered) => n === 4))).toEqual([2]);
    const query = where<Numbered>({ n: { $gt: 2 } }, { worker: true });
    expect(await read(query)).toEqual([1, 2]);
    query.update({ n: { $lt: 4 } });
    expect(await read(query)).toEqual([4]);
    expect(explain(query)).toMatchObject({ runs: 'worker', seen: 8, dropped: 5 });
  });
});

describe('a message of bytes whose filter', () => {
  const messages = () =>
    wireOf(encode(batch(numbered(10, 11), { seq: 0 })), encode(batch([...numbered(12, 13, 14, 15), END_OF_STREAM], { seq: 1 })));

  test.each(['throws', 'rejects', 'answersOne', 'answersNothing'] as const)('%s keeps that event alone, and counts it', async (name) => {
    const consumer = new StreamConsumer<number>(messages(), { filter: hostile()[name] });
    expect(await collect(consumer)).toEqual([10, 12, 13, 14]);
    expect(consumer.stats).toMatchObject({ filterErrors: 1, dropped: 2 });
  });

  test.each(['neverReturns', 'neverSettles', 'allocates', 'closes'] as const)(
    '%s is asked about twice, then kept and counted',
    async (name) => {
      const filter = hostile({ deadlineMs: SHORT_MS })[name];
      const consumer = new StreamConsumer<number>(messages(), { filter });
      expect(await collect(consumer)).toEqual([10, 11, 12, 13, 14, 15]);
      expect(consumer.stats).toMatchObject({ filterErrors: 6, dropped: 0 });
      expect(explain(filter)).toMatchObject({ failed: 6, worker: { starts: 2, strikes: 2 } });
    },
  );

  test('fails says so where that is asked for, and is asked again by the next call', async () => {
    const consumer = new StreamConsumer<number>(messages(), { filter: hostile().throws, onFilterError: 'throw' });
    expect(await consumer.next()).toMatchObject({ value: 10 });
    expect(await consumer.next()).toMatchObject({ value: 12 });
    for (let again = 0; again < 2; again++) await expect(consumer.next()).rejects.toMatchObject({ code: 'filter_failed' });
    expect(consumer.stats.filterErrors).toBeGreaterThanOrEqual(2);
  });

  test('is closed is kept, and counted', async () => {
    const filters = hostile();
    filters.close();
    const consumer = new StreamConsumer<number>(messages(), { filter: filters.odd });
    expect(await collect(consumer)).toHaveLength(6);
    expect(consumer.stats.filterErrors).toBe(6);
  });

  test('runs on the page where no worker starts gives the same', async () => {
    const filters = workerFilters<HostileFilters>(() => new Worker('/no/such/file.js', { type: 'module' }), {
      fallback: () => import('../../e2e/pages/hostile-filters.js'),
    });
    for (let time = 0; time < 2; time++) {
      const consumer = new StreamConsumer<number>(messages(), { filter: filters.odd });
      expect(await collect(consumer)).toEqual([10, 12, 14]);
      expect(consumer.stats).toMatchObject({ dropped: 3, filterErrors: 0 });
    }
    expect(explain(filters.odd)).toMatchObject({ runs: 'page', seen: 12, dropped: 6 });
  });
});

function toEvent(what: number | string): StreamEvent {
  if (what === 'key') return byKey('somewhere', { metadata: { n: 1 } });
  if (what === 'bytes') return inline(Uint8Array.of(1, 2), { n: 2 });
  return inline({ what }, { n: Number(what) || 0 });
}
