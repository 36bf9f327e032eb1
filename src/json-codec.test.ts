import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StreamError } from './errors.js';
import { END_OF_STREAM, MAX_MESSAGE_BYTES } from './events.js';
import { jsonCodec } from './json-codec.js';
import type { Codec } from './protocols.js';

describe('a plain JSON value per message', () => {
  test('is what is sent, byte for byte what a device would send', () => {
    const codec = jsonCodec();
    const messages = [{ celsius: 71 }, 'text', [1, 2], null, 0].map((object) =>
      codec.assemble({ topic: 't', stores: [] }, [codec.encodeEvent({ type: 'inline', metadata: { a: 1 }, object })]),
    );
    expect(messages.map((message) => new TextDecoder().decode(message))).toEqual(['{"celsius":71}', '"text"', '[1,2]', 'null', '0']);
  });

  test('is what is read, on the topic it arrived on', () => {
    expect(decode(jsonCodec(), ' {"celsius": 71, "unit": "°C"}\n')).toEqual({
      topic: 'plant/7',
      stores: [],
      events: [{ type: 'inline', metadata: {}, object: { celsius: 71, unit: '°C' } }],
    });
  });

  test('comes back as it was, whatever it is', () => {
    const codec = jsonCodec();
    const value = fc.jsonValue({ maxDepth: 10 }).filter((json) => !JSON.stringify(json).includes('__proto__'));
    fc.assert(
      fc.property(value, (object) => {
        const { events } = codec.decode(codec.encodeEvent({ type: 'inline', metadata: {}, object }), 't');
        expect(events).toEqual([{ type: 'inline', metadata: {}, object: JSON.parse(JSON.stringify(object)) }]);
      }),
      { numRuns: 1000 },
    );
  });

  test('shows filters what metadata() makes of it', () => {
    const codec = jsonCodec({ metadata: ({ celsius }) => ({ hot: celsius > 60 }) });
    expect(decode(codec, '{"celsius":71}').events).toMatchObject([{ metadata: { hot: true }, object: { celsius: 71 } }]);
  });
});

describe('end of stream', () => {
  const codec = jsonCodec({ endOfStream: { done: true, by: ['x'] } });

  test('is the value that was agreed on', () => {
    expect(new TextDecoder().decode(codec.encodeEvent(END_OF_STREAM))).toBe('{"done":true,"by":["x"]}');
  });

  test.each(['{"done":true,"by":["x"]}', ' { "by" : ["x"], "done" : true } '])('is recognised however it is written: %s', (text) => {
    expect(decode(codec, text).events).toEqual([END_OF_STREAM]);
  });

  test.each(['{"done":true}', '{"done":true,"by":["x"],"more":1}', '{"done":true,"by":{"0":"x"}}', '{"done":1,"by":["x"]}', 'null'])(
    'is not %s',
    (text) => {
      expect(decode(codec, text).events).toMatchObject([{ type: 'inline' }]);
    },
  );

  test('may be null', () => {
    expect(decode(jsonCodec({ endOfStream: null }), 'null').events).toEqual([END_OF_STREAM]);
  });

  test('cannot be said without one', () => {
    expect(failure(() => jsonCodec().encodeEvent(END_OF_STREAM))).toMatchObject({ code: 'unsupported' });
  });
});

describe('not encodable', () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;

  test.each<[string, unknown]>([
    ['a cycle', cycle],
    ['a big integer', 1n],
    ['undefined', undefined],
    ['a function', () => {}],
    ['65 levels', JSON.parse('['.repeat(65) + ']'.repeat(65))],
    ['a key that readers refuse', JSON.parse('{"a":{"__proto__":1}}')],
    [
      'what throws when asked for its JSON',
      {
        toJSON() {
          throw new Error('no');
        },
      },
    ],
  ])('%s', (_, object) => {
    expect(failure(() => encode(object))).toMatchObject({ code: 'not_encodable' });
  });

  test('but a text about such keys is', () => {
    const text = 'the key "__proto__": is no good';
    expect(jsonCodec().decode(encode({ text }), 't').events).toMatchObject([{ object: { text } }]);
  });

  test('a reference to a store is unsupported', () => {
    const event = { type: 'key', metadata: {}, store: 0, key: 'k', evict: true, size: 1 } as const;
    expect(failure(() => jsonCodec().encodeEvent(event))).toMatchObject({ code: 'unsupported' });
  });

  test('more than 16 MiB is too large', () => {
    expect(failure(() => encode('x'.repeat(MAX_MESSAGE_BYTES)))).toMatchObject({ code: 'too_large' });
  });
});

describe('what is not valid', () => {
  test.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['half an object', '{"celsius": 7'],
    ['something after it', '{} {}'],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['a key that would change a prototype', '{"a":[{"__proto__":{"polluted":true}}]}'],
    ['such a key in disguise', '{"\\u005f_proto__":{"polluted":true}}'],
    ['65 levels', '['.repeat(65) + ']'.repeat(65)],
    ['a million levels', '['.repeat(1_000_000) + ']'.repeat(1_000_000)],
    ['a million levels of objects', `${'{"a":'.repeat(1_000_000)}1${'}'.repeat(1_000_000)}`],
  ])('%s is an invalid message', (_, message) => {
    expect(failure(() => decode(jsonCodec({ endOfStream: { done: true } }), message))).toMatchObject({ code: 'invalid_message' });
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  test.each<[string, (object: never) => unknown]>([
    ['throws', ({ a }: { a: { b: number } }) => ({ b: a.b })],
    ['gives no object', () => 7],
    ['gives null', () => null],
  ])('a message of which metadata() %s is invalid', (_, metadata) => {
    expect(failure(() => decode(jsonCodec({ metadata: metadata as never }), '{}'))).toMatchObject({ code: 'invalid_message' });
  });

  test('64 levels are valid, and so is a wide list', () => {
    const text = `[${Array(100).fill('{"a":1}').join()},${'['.repeat(63)}${']'.repeat(64)}`;
    expect(new TextDecoder().decode(encode(JSON.parse(text)))).toBe(text);
    expect(decode(jsonCodec(), text).events).toEqual([{ type: 'inline', metadata: {}, object: JSON.parse(text) }]);
  });

  test('more than 16 MiB is too large', () => {
    expect(failure(() => decode(jsonCodec(), new Uint8Array(MAX_MESSAGE_BYTES + 1)))).toMatchObject({ code: 'too_large' });
  });
});

function encode(object: unknown): Uint8Array {
  return jsonCodec().encodeEvent({ type: 'inline', metadata: {}, object });
}

function decode(codec: Codec, message: string | Uint8Array) {
  return codec.decode(typeof message === 'string' ? new TextEncoder().encode(message) : message, 'plant/7');
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
