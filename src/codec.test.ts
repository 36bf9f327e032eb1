import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messagePack } from './codec.js';
import { StreamConsumer } from './consumer.js';
import { StreamError } from './errors.js';
import { END_OF_STREAM, type EventBatch, type KeyEvent, MAX_MESSAGE_BYTES, type StreamEvent } from './events.js';
import { anyBatch, PRODUCER } from './fixtures/data.js';
import { StreamProducer } from './producer.js';
import { Queue, QueuePublisher, QueueSubscriber } from './shims/queue.js';

const KEY_EVENT: KeyEvent = { type: 'key', metadata: { zoom: 3 }, store: 0, key: 'a7/3', evict: true, size: 70_000 };

describe('what is encoded is decoded', () => {
  test.each<[string, readonly StreamEvent[]]>([
    ['an end of stream', [END_OF_STREAM]],
    ['an inline event', [inline({ celsius: 71 }, { unit: 'C' })]],
    ['a key event, with its store, key, eviction and size', [KEY_EVENT]],
    ['all three in one batch', [inline('text'), KEY_EVENT, END_OF_STREAM]],
    ['a batch of nothing', []],
  ])('as it was: %s', (_, events) => {
    const batch = batchOf(events);
    expect(roundTrip(batch)).toEqual(batch);
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['undefined in an object', { a: undefined }],
    ['null', null],
    ['0', 0],
    ['-0', -0],
    ['NaN', Number.NaN],
    ['infinity', Number.NEGATIVE_INFINITY],
    ['the largest whole number', Number.MAX_SAFE_INTEGER],
    ['the smallest whole number', Number.MIN_SAFE_INTEGER],
    ['false', false],
    ['an empty string', ''],
    ['a string that begins with a byte order mark', '\ufeffx'],
    ['a long string beyond ASCII', '温度'.repeat(30_000)],
    ['a date', new Date('2024-11-24T05:06:07.089Z')],
    ['a date before 1970', new Date(-1)],
    ['the last date there is', new Date(8.64e15)],
    ['a big integer', 2n ** 200n],
    ['a negative big integer', -255n],
    ['nested lists and maps', [[{ a: [{ b: [] }] }], []]],
    ['bytes', Uint8Array.of(1, 2, 3)],
    ['no bytes', new Uint8Array(0)],
    ['bytes in an object', { image: Uint8Array.of(1, 2, 3) }],
    ['a typed array', new Float64Array([1.5, -0, Number.NaN])],
    ['a buffer', Uint8Array.of(1, 2).buffer],
    [
      'a Map with keys of all kinds',
      new Map<unknown, unknown>([
        [{ a: 1 }, new Map([[1n, undefined]])],
        [null, new Set(['x'])],
      ]),
    ],
    ['a key called constructor', { constructor: 1, toString: 2, hasOwnProperty: 3 }],
    ['a list of 70,000', Array.from({ length: 70_000 }, (_, i) => i)],
  ])('as the kind it was: %s', (_, object) => {
    const read = objectOf(roundTrip(batchOf([inline(object)])));
    expect(read).toStrictEqual(object);
    expect(Object.is(read, -0)).toBe(Object.is(object, -0));
  });

  test('whatever it is', () => {
    fc.assert(
      fc.property(anyBatch, (batch) => {
        expect(roundTrip(batch)).toStrictEqual(batch);
      }),
      { numRuns: 500 },
    );
  });

  test('half a surrogate pair, which has no UTF-8, becomes U+FFFD', () => {
    const text = `x\ud800${'y'.repeat(100)}`;
    expect(objectOf(roundTrip(batchOf([inline(['\udc00', { [text]: text }])])))).toEqual([
      '\ufffd',
      { [text.replace('\ud800', '\ufffd')]: text.replace('\ud800', '\ufffd') },
    ]);
  });

  test('an instance of a class becomes its own properties, as structured clone does', () => {
    class Reading {
      celsius = 71;
      get fahrenheit() {
        return 160;
      }
    }
    expect(objectOf(roundTrip(batchOf([inline(new Reading())])))).toEqual({ celsius: 71 });
  });

  test('a view of a larger buffer takes its own bytes only', () => {
    const view = new Uint16Array(new Uint16Array([1, 2, 3, 4]).buffer, 2, 2);
    expect(objectOf(roundTrip(batchOf([inline(view)])))).toEqual(new Uint16Array([2, 3]));
  });

  test('while a getter encodes something else', () => {
    const object = {
      get inner() {
        return messagePack.encodeEvent(inline('x'.repeat(10_000))).length;
      },
    };
    expect(objectOf(roundTrip(batchOf([inline({ before: 1, object, after: 2 })])))).toEqual({
      before: 1,
      object: { inner: 10_009 },
      after: 2,
    });
  });
});

describe('the topic', () => {
  test('is the one the message arrived on, whatever its sender claims', () => {
    const message = assemble(batchOf([END_OF_STREAM]));
    expect(messagePack.decode(message, 'site/plant').topic).toBe('site/plant');
  });

  test('is the message’s own where the wire tells none', () => {
    const message = assemble(batchOf([END_OF_STREAM]));
    expect(messagePack.decode(message, '').topic).toBe('plant');
  });
});

describe('objects', () => {
  test('are decoded anew for each reader, down to the bytes in them', () => {
    const event = firstOf<{ object: { bytes: Uint8Array } }>(roundTrip(batchOf([inline({ bytes: Uint8Array.of(1, 2) })])));
    event.object.bytes.fill(9);
    expect(event.object.bytes).toEqual(Uint8Array.of(1, 2));
    expect(event.object.bytes.buffer.byteLength).toBe(2);
  });

  test('are copied when they are bytes', () => {
    const event = firstOf<{ object: Uint8Array }>(roundTrip(batchOf([inline(Uint8Array.of(1, 2))])));
    event.object.fill(9);
    expect(event.object).toEqual(Uint8Array.of(1, 2));
  });

  test('bytes in metadata do not hold the whole message', () => {
    const event = firstOf<{ metadata: { hash: Uint8Array } }>(
      roundTrip(batchOf([inline(new Uint8Array(10_000), { hash: Uint8Array.of(7) })])),
    );
    expect(event.metadata.hash.buffer.byteLength).toBe(1);
  });

  test('are not decoded before somebody reads them', () => {
    const encoded = messagePack.encodeEvent(inline('text', { a: 1 }));
    const broken = encoded.with(-5, 0xc1); // the head of the string
    const event = firstOf<{ metadata: unknown; object: unknown }>(messagePack.decode(joined([broken]), ''));
    expect(event.metadata).toEqual({ a: 1 });
    expect(() => event.object).toThrow(expect.objectContaining({ code: 'invalid_message' }));
  });
});

describe('size', () => {
  test('a hundred key events cost less than 60 bytes each beyond their metadata, store and all', () => {
    const stores = [{ name: 'tiles', url: 'https://objects.example/tiles', region: 'eu' }];
    const metadata = { mag: 4.3, place: 'Ridgecrest', time: 1_732_422_332_123 };
    const events = Array.from(
      { length: 100 },
      (_, i): KeyEvent => ({ ...KEY_EVENT, metadata, key: `9f8b6a3e-0c41-4d0e-9a57-${String(i).padStart(12, '0')}` }),
    );
    const withMetadata = assemble({ ...batchOf(events), stores }).length;
    const without = assemble({ ...batchOf(events.map((event) => ({ ...event, metadata: {} }))), stores }).length;
    expect(without / 100).toBeLessThan(60);
    expect(withMetadata).toBeGreaterThan(without);
  });

  test('a batch names its stores once', () => {
    const stores = [{ name: 'a-store-with-quite-a-name' }];
    const message = assemble({ ...batchOf([KEY_EVENT, KEY_EVENT, KEY_EVENT]), stores });
    expect(new TextDecoder('latin1').decode(message).split('a-store-with-quite-a-name')).toHaveLength(2);
  });
});

describe('not encodable', () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const mapCycle = new Map<string, unknown>();
  mapCycle.set('self', { mapCycle });

  test.each<[string, unknown]>([
    ['a function', () => {}],
    ['a symbol', Symbol('x')],
    ['a promise', Promise.resolve()],
    ['a regular expression', /x/],
    ['an error', new Error('x')],
    ['an invalid date', new Date(Number.NaN)],
    ['a cycle', cycle],
    ['a cycle through a Map', mapCycle],
    ['65 levels', nest(65)],
    ['65 levels, half of them Sets', nest(65, (inner) => new Set([inner]))],
    ['a key that other readers refuse', JSON.parse('{"__proto__": 1}')],
    ['a big integer of 100 kB', 1n << 800_000n],
  ])('%s, and the next one is', (_, object) => {
    const error = failure(() => messagePack.encodeEvent(inline({ object })));
    expect(error).toMatchObject({ name: 'StreamError', code: 'not_encodable' });
    expect(objectOf(roundTrip(batchOf([inline('next')])))).toBe('next');
  });

  test('64 levels are', () => {
    expect(objectOf(roundTrip(batchOf([inline(nest(64))])))).toEqual(nest(64));
    const sets = nest(32, (inner) => new Set([inner])); // a set, and the list in it
    expect(objectOf(roundTrip(batchOf([inline(sets)])))).toEqual(sets);
  });

  test.each<[string, Partial<EventBatch>]>([
    ['without a producer', { producer: undefined }],
    ['with a producer of another length', { producer: 'abc' }],
    ['without a sequence number', { seq: undefined }],
    ['with a store that is no data', { stores: [{ name: 'x', open: () => {} }] }],
  ])('a batch %s', (_, part) => {
    expect(failure(() => assemble({ ...batchOf([]), ...part }))).toMatchObject({ code: 'not_encodable' });
  });
});

describe('too large, so that a sender hears of it and not only its readers', () => {
  test.each<[string, () => unknown]>([
    ['an object over 16 MiB', () => messagePack.encodeEvent(inline(new Uint8Array(MAX_MESSAGE_BYTES)))],
    ['one that repeats itself without end', () => messagePack.encodeEvent(inline(doubling(50)))],
    ['a batch over 16 MiB', () => joined(Array(3).fill(messagePack.encodeEvent(inline(new Uint8Array(6 * 2 ** 20)))))],
    ['an object of 1.1 million empty maps', () => joined([messagePack.encodeEvent(inline(emptyMaps(1_100_000)))])],
    ['a batch of 40 objects of 30,000 empty maps each', () => joined(Array(40).fill(messagePack.encodeEvent(inline(emptyMaps(30_000)))))],
    ['a message over 16 MiB that arrives', () => messagePack.decode(new Uint8Array(MAX_MESSAGE_BYTES + 1), '')],
  ])('%s', (_, work) => {
    expect(failure(work)).toMatchObject({ code: 'too_large' });
  });

  test('and its producer divides such a batch, so that all of it arrives', async () => {
    const queue = new Queue();
    const producer = new StreamProducer<unknown>(new QueuePublisher(queue), { codec: messagePack, batchSize: 45, batchBytes: 2 ** 30 });
    const consumer = new StreamConsumer<unknown[]>(new QueueSubscriber(queue), { codec: messagePack });
    await Promise.all(Array.from({ length: 45 }, () => producer.send('plant', emptyMaps(30_000))));
    await producer.closeTopics('plant');
    const lengths: number[] = [];
    for await (const { length } of consumer) lengths.push(length);
    expect(lengths).toEqual(Array(45).fill(30_000));
    expect(consumer.stats.invalid).toBe(0);
  });

  test('a batch of 100,000 events is not', () => {
    const event = messagePack.encodeEvent(inline(1));
    const { events } = messagePack.decode(joined(Array(100_000).fill(event)), '');
    expect(events).toHaveLength(100_000);
  });
});

function inline(object: unknown, metadata = {}): StreamEvent {
  return { type: 'inline', metadata, object };
}

function batchOf(events: readonly StreamEvent[]): EventBatch {
  return { topic: 'plant', producer: PRODUCER, seq: 3, stores: [{ name: 'tiles', url: 'https://objects.example' }], events };
}

function assemble(batch: EventBatch): Uint8Array {
  return messagePack.assemble(
    batch,
    batch.events.map((event) => messagePack.encodeEvent(event)),
  );
}

function joined(events: Uint8Array[]): Uint8Array {
  return messagePack.assemble(batchOf([]), events);
}

/** With the objects as plain fields, to be compared. */
function roundTrip(batch: EventBatch): EventBatch {
  const decoded = messagePack.decode(assemble(batch), batch.topic);
  return { ...decoded, events: decoded.events.map((event) => (event.type === 'inline' ? readable(event) : event)) };
}

function readable(event: Extract<StreamEvent, { type: 'inline' }>): StreamEvent {
  const plain = { type: 'inline', metadata: event.metadata } as const;
  return Object.defineProperty(plain, 'object', { enumerable: true, get: () => event.object }) as unknown as StreamEvent;
}

function firstOf<E>({ events }: EventBatch): E {
  return events[0] as E;
}

function objectOf(batch: EventBatch): unknown {
  return firstOf<{ object: unknown }>(batch).object;
}

function nest(levels: number, wrap: (inner: unknown) => unknown = (inner) => [inner]): unknown {
  let value: unknown = 'innermost';
  for (let i = 0; i < levels; i++) value = wrap(value);
  return value;
}

function doubling(times: number): unknown {
  let value: unknown = 'x';
  for (let i = 0; i < times; i++) value = [value, value];
  return value;
}

function emptyMaps(count: number): unknown[] {
  return Array.from({ length: count }, () => ({}));
}

function failure(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (error instanceof StreamError) return error;
    throw error;
  }
  throw new Error('It should have failed');
}
