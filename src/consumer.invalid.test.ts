import { describe, expect, test, vi } from 'vitest';
import { messagePack } from './codec.js';
import { StreamConsumer } from './consumer.js';
import { StreamError } from './errors.js';
import { END_OF_STREAM, type StreamEvent } from './events.js';
import { collect } from './fixtures/promises.js';
import { batch, byKey, inline, Wire } from './fixtures/wire.js';
import { jsonCodec } from './json-codec.js';
import type { Message } from './protocols.js';

/** A batch as bytes; no two are numbered alike when they differ in length. */
function written(...events: readonly StreamEvent[]): Message {
  const header = { topic: 't', producer: 'a'.repeat(32), seq: events.length, stores: [] };
  return { topic: 't', payload: messagePack.assemble(header, events.map(messagePack.encodeEvent)) };
}

const garbage = (...bytes: number[]): Message => ({ topic: 't', payload: Uint8Array.of(...bytes) });

describe('a message that is none', () => {
  test('is reported, counted, skipped and acknowledged, and the stream goes on', async () => {
    const onInvalid = vi.fn();
    const messages = [written(inline(1)), garbage(0xc1), garbage(), written(inline(2), END_OF_STREAM)];
    const wire = new Wire({ codec: messagePack }).bring(...messages);
    const consumer = new StreamConsumer<number>(wire, { onInvalid });
    expect(await collect(consumer)).toEqual([1, 2]);
    expect(consumer.stats).toMatchObject({ events: 2, invalid: 2 });
    expect(onInvalid.mock.calls.map(([error]) => error.code)).toEqual(['invalid_message', 'invalid_message']);
    expect(wire.acknowledged).toEqual(messages);
  });

  test('of a newer wire format says so', async () => {
    const onInvalid = vi.fn();
    const wire = new Wire({ codec: messagePack }).bring(garbage(0x91, 2), written(END_OF_STREAM));
    await collect(new StreamConsumer<number>(wire, { onInvalid }));
    expect(onInvalid.mock.calls).toMatchObject([[{ code: 'unsupported_version' }]]);
  });

  test('costs nothing more when its listener throws', async () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => {});
    const failure = new Error('listener');
    const wire = new Wire({ codec: messagePack }).bring(written(inline(1)), garbage(0xc1), written(inline(2), END_OF_STREAM));
    const consumer = new StreamConsumer<number>(wire, {
      onInvalid: () => {
        throw failure;
      },
    });
    expect(await collect(consumer)).toEqual([1, 2]);
    expect(report.mock.calls).toEqual([[failure]]);
    report.mockRestore();
  });

  test('is reported once of each kind where nobody listens', async () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => {});
    const flood = Array.from({ length: 50 }, () => [garbage(0xc1), garbage(0x91, 2)]).flat();
    const consumer = new StreamConsumer<number>(new Wire({ codec: messagePack }).bring(...flood, written(END_OF_STREAM)));
    await collect(consumer);
    expect(report.mock.calls.map(([error]) => error.code)).toEqual(['invalid_message', 'unsupported_version']);
    expect(consumer.stats.invalid).toBe(100);
    report.mockRestore();
  });

  test('is what bytes are where nobody said how to read them', async () => {
    const onInvalid = vi.fn();
    const wire = new Wire().bring(garbage(1), batch([END_OF_STREAM]));
    await collect(new StreamConsumer(wire, { onInvalid }));
    expect(onInvalid.mock.calls).toMatchObject([[{ code: 'unsupported', message: expect.stringContaining('codec') }]]);
  });

  test('may be news from the wire', async () => {
    const onInvalid = vi.fn();
    const news = new StreamError('invalid_message', 'somebody else posted this');
    await collect(new StreamConsumer(new Wire().bring(news, batch([END_OF_STREAM])), { onInvalid }));
    expect(onInvalid.mock.calls).toEqual([[news]]);
  });
});

describe('an object in no store that the consumer has', () => {
  test('is skipped and reported where there are no stores at all', async () => {
    const onInvalid = vi.fn();
    const message = batch([byKey('k'), inline(1), END_OF_STREAM], { stores: [{ name: 'tiles' }] });
    const wire = new Wire().bring(message);
    const consumer = new StreamConsumer<number>(wire, { onInvalid });
    expect(await collect(consumer)).toEqual([1]);
    expect(onInvalid.mock.calls).toMatchObject([[{ code: 'unknown_store', details: { store: 'tiles' } }]]);
    expect(wire.acknowledged).toEqual([message]);
  });
});

describe('an object that cannot be decoded', () => {
  test('is skipped alone', async () => {
    const onInvalid = vi.fn();
    const bad: StreamEvent = {
      type: 'inline',
      metadata: {},
      get object() {
        throw new StreamError('invalid_message', 'it is cut short');
      },
    };
    const consumer = new StreamConsumer<number>(new Wire().bring(batch([inline(1), bad, inline(2), END_OF_STREAM])), { onInvalid });
    expect(await collect(consumer)).toEqual([1, 2]);
    expect(consumer.stats).toMatchObject({ events: 2, invalid: 1 });
    expect(onInvalid.mock.calls).toMatchObject([[{ code: 'invalid_message' }]]);
  });
});

describe('plain JSON', () => {
  test('from devices that know nothing of streams is read, filtered and checked like any other', async () => {
    const onInvalid = vi.fn();
    const texts = ['{"celsius":71}', '{"celsius":12}', 'not json', '{"celsius":80}', 'null'];
    const wire = new Wire().bring(...texts.map((text) => ({ topic: 'plant/7/temperature', payload: new TextEncoder().encode(text) })));
    const codec = jsonCodec({ metadata: (reading) => reading, endOfStream: 'over' });
    wire.bring({ topic: 'plant/7/temperature', payload: new TextEncoder().encode('"over"') });
    const consumer = new StreamConsumer<{ celsius: number }>(wire, { codec, filter: (m) => m.celsius < 50, onInvalid });
    expect(await collect(consumer)).toEqual([{ celsius: 71 }, { celsius: 80 }]);
    expect(consumer.stats).toMatchObject({ events: 2, dropped: 1, invalid: 2 });
  });
});
