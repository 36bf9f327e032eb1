import { Decoder, ExtData } from '@msgpack/msgpack';
import { describe, expect, test } from 'vitest';
import json from '../docs/wire-format.vectors.json' with { type: 'json' };
import { messagePack } from './codec.js';
import { StreamError } from './errors.js';
import type { StreamEvent } from './events.js';
import { type EventVector, fromNotation, type MessageVector, type Vectors } from './fixtures/vectors.js';
import { fromHex, toHex } from './hex.js';
import { pack } from './pack.js';
import { unpack } from './unpack.js';

const { values, messages, refused } = json as Vectors;
const FREELY = { depth: 64, weight: 2 ** 20, views: 0 };

describe('the vectors of values', () => {
  test.each(values)('$name is written', ({ value, hex }) => {
    expect(toHex(pack(fromNotation(value)))).toBe(hex);
  });

  test.each(values)('$name is read, however it may be written', ({ value, hex, alsoRead = [] }) => {
    for (const written of [hex, ...alsoRead]) expect(unpack(fromHex(written), FREELY).value).toStrictEqual(fromNotation(value));
  });

  test('name every kind of value there is', () => {
    const heads = new Set(values.flatMap(({ hex, alsoRead = [] }) => [hex, ...alsoRead]).map((hex) => fromHex(hex)[0]));
    for (const head of [0xc0, 0xc2, 0xc3, 0xc4, 0xc5, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd3, 0xd6, 0xd7, 0xd9])
      expect(heads).toContain(head);
    const extensions = values.map(({ hex }) => new Decoder().decode(fromHex(hex))).filter((value) => value instanceof ExtData);
    expect(new Set(extensions.map(({ type }) => type))).toEqual(new Set([0, 1, 2, 3, 4]));
  });
});

describe('the vectors of messages', () => {
  test.each(messages)('$name is written', ({ hex, batch }) => {
    const events = batch.events.map((event) => messagePack.encodeEvent(eventOf(event)));
    expect(toHex(messagePack.assemble(batch as never, events))).toEqual(hex);
  });

  test.each(messages)('$name is read', ({ hex, batch }) => {
    const decoded = messagePack.decode(fromHex(hex), '');
    expect({ ...decoded, events: decoded.events.map(withObject) }).toStrictEqual({ ...batch, events: batch.events.map(eventOf) });
  });

  test.each(messages)('$name is laid out as the format says, for whoever reads MessagePack', ({ hex, batch }) => {
    const [version, topic, producer, seq, stores, events] = new Decoder().decode(fromHex(hex)) as unknown[];
    expect([version, topic, toHex(producer as Uint8Array), seq, stores]).toEqual([1, batch.topic, batch.producer, batch.seq, batch.stores]);
    expect((events as unknown[][]).map(([kind]) => kind)).toEqual(batch.events.map(({ type }) => ['inline', 'key', 'end'].indexOf(type)));
  });
});

test.each(refused)('refused: $name', ({ hex, code }) => {
  expect(refusal(hex)).toBe(code);
});

function eventOf(vector: EventVector): StreamEvent {
  return fromNotation(vector) as StreamEvent;
}

function withObject(event: StreamEvent): unknown {
  return event.type === 'inline' ? { type: event.type, metadata: event.metadata, object: event.object } : event;
}

function refusal(hex: MessageVector['hex']): unknown {
  try {
    return messagePack.decode(fromHex(hex), '');
  } catch (error) {
    return error instanceof StreamError ? error.code : error;
  }
}
