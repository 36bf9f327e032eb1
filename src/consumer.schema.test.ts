import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, expect, test, vi } from 'vitest';
import { StreamConsumer } from './consumer.js';
import { END_OF_STREAM } from './events.js';
import { MemoryStore } from './fixtures/memory-store.js';
import { collect, deferred, turn } from './fixtures/promises.js';
import { batch, byKey, inline, Wire } from './fixtures/wire.js';

type Validate = StandardSchemaV1<unknown, number>['~standard']['validate'];
const schemaOf = (validate: Validate): StandardSchemaV1<unknown, number> => ({ '~standard': { version: 1, vendor: 'test', validate } });

/** Takes numbers and doubles them. */
const doubled: Validate = (value) => (typeof value === 'number' ? { value: value * 2 } : { issues: [{ message: 'not a number' }] });

describe.each<[string, Validate]>([
  ['at once', doubled],
  ['later', async (value) => doubled(value)],
])('a schema that answers %s', (_when, validate) => {
  const schema = schemaOf(validate);

  test('may transform objects; what does not fit is reported and skipped, in order', async () => {
    const onInvalid = vi.fn();
    const wire = new Wire().bring(batch([inline(1), inline('two'), inline(3), END_OF_STREAM]));
    const consumer = new StreamConsumer<number>(wire, { schema, onInvalid });
    expect(await collect(consumer)).toEqual([2, 6]);
    expect(consumer.stats).toMatchObject({ events: 2, invalid: 1 });
    expect(onInvalid.mock.calls).toMatchObject([[{ code: 'schema_mismatch', details: { issues: ['not a number'] } }]]);
    expect(wire.acknowledged).toHaveLength(1);
  });

  test('checks objects of proxies that travelled inline', async () => {
    const onInvalid = vi.fn();
    const wire = new Wire().bring(batch([inline(1), inline('two'), END_OF_STREAM]));
    expect(await collect(new StreamConsumer<number>(wire, { schema, stores: [], onInvalid }).iterObjects())).toEqual([2]);
    expect(onInvalid).toHaveBeenCalledTimes(1);
  });

  test('checks objects from stores when they are resolved, and leaves one there that does not fit', async () => {
    const store = new MemoryStore();
    const keys = [await store.put(1), await store.put('two')];
    const wire = new Wire().bring(batch([...keys.map((key) => byKey(key)), END_OF_STREAM], { stores: [store.config] }));
    const consumer = new StreamConsumer<number>(wire, { schema, stores: [store] });
    expect(await consumer.nextObject()).toEqual({ done: false, value: 2 });
    await expect(consumer.nextObject()).rejects.toMatchObject({ code: 'schema_mismatch' });
    expect((await consumer.nextObject()).done).toBe(true);
    expect([...store.objects.values()]).toEqual(['two']);
  });
});

test.each<[string, Validate]>([
  [
    'throws',
    () => {
      throw new Error('broken');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
])('a schema that %s skips the object and stops nothing', async (_how, validate) => {
  const onInvalid = vi.fn();
  const wire = new Wire().bring(batch([inline(1), END_OF_STREAM]));
  expect(await collect(new StreamConsumer<number>(wire, { schema: schemaOf(validate), onInvalid }))).toEqual([]);
  expect(onInvalid.mock.calls).toMatchObject([[{ code: 'schema_mismatch', cause: { message: 'broken' } }]]);
});

test('a schema that still checks when the loop is left makes no event appear twice', async () => {
  const answers = [deferred(), deferred()];
  let asked = 0;
  const schema = schemaOf(async (value) => {
    await answers[asked++]?.promise;
    return { value: value as number };
  });
  const consumer = new StreamConsumer<number>(new Wire().bring(batch([inline(1), END_OF_STREAM])), { schema });
  const pending = consumer.next();
  await turn();
  await consumer.return();
  const reading = collect(consumer);
  for (const answer of answers) answer.resolve();
  expect(await pending).toEqual({ done: true, value: undefined });
  expect(await reading).toEqual([1]);
});
