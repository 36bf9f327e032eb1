import { describe, expect, it, test } from 'vitest';
import { MemoryConnector } from '../connectors/memory.js';
import type { Connector } from '../store.js';
import { type ConnectorSupport, type ConnectorUnderTest, describeConnector } from './index.js';

const SUPPORTS: ConnectorSupport = { counts: true, expires: true, streams: false };

describeConnector('The least that will do', memory(least, { counts: false, bounded: false }), { describe, it });

test.each<[flaw: string, sentence: RegExp, connector: ConnectorUnderTest]>([
  [
    'changes a byte',
    /65,536 bytes as it is/,
    memory((inner) => ({ get: async (key, options) => (await inner.get(key, options))?.fill(1) })),
  ],
  ['keeps the whole buffer of a view', /without the rest of it/, memory((inner) => ({ get: async (key) => wide(await inner.get(key)) }))],
  ['gives everyone the same bytes', /bytes of their own/, memory(sharing)],
  [
    'cannot say what is missing',
    /nothing under a key/,
    memory((inner) => ({ get: async (key) => (await inner.get(key)) ?? new Uint8Array() })),
  ],
  ['evicts nothing', /forgets an object/, memory(() => ({ evict: async () => {} }))],
  ['loses a batch', /many at once/, memory(() => ({ putBatch: async () => {} }))],
  ['takes anything for a key', /refuses what is no key/, memory(() => ({ exists: async () => false }))],
  ['forgets to count', /the third releases it/, memory((inner) => ({ release: (key) => inner.evict(key) }))],
  ['counts and denies it', /no release/, memory(() => ({}), { counts: false })],
  ['never expires', /nothing of what has expired/, memory((inner) => ({ put: (key, bytes) => inner.put(key, bytes) }))],
  ['tells of no progress', /how far a get has come/, memory((inner) => ({ get: (key) => inner.get(key) }))],
  ['ignores signals', /given up beforehand/, memory((inner) => ({ get: (key) => inner.get(key) }))],
  ['works on when closed', /everything once closed/, memory(() => ({ close: async () => {} }))],
  ['has room for everything', /over its bound/, memory(() => ({}), {}, false)],
  ['shows what is no data', /plain data/, memory(() => ({ config: { kind: 'memory', ask: undefined } }))],
])('a connector that %s is found out', { timeout: 60_000 }, async (_flaw, sentence, connector) => {
  expect(await failures(sentence, connector)).toEqual([expect.any(Error)]);
});

test('a runner without describe and it is refused', () => {
  expect(() =>
    describeConnector(
      'memory',
      memory(() => ({})),
      {} as never,
    ),
  ).toThrow(TypeError);
});

/** How those tests of the suite fail that the sentence names. */
async function failures(sentence: RegExp, connector: ConnectorUnderTest): Promise<unknown[]> {
  const bodies: (() => Promise<void>)[] = [];
  const take = (title: string, body: () => Promise<void>) => sentence.test(title) && bodies.push(body);
  describeConnector('it', connector, { describe: (_title, body) => body(), it: take });
  const outcomes = await Promise.allSettled(bodies.map((body) => body()));
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
}

/** Memory, with some of its methods replaced. */
function memory(
  parts: (inner: MemoryConnector) => Partial<Connector>,
  supports: Partial<ConnectorSupport> = {},
  heeds = true,
): ConnectorUnderTest {
  return {
    supports: { ...SUPPORTS, ...supports },
    open(maxBytes) {
      const inner = new MemoryConnector(maxBytes === undefined || !heeds ? {} : { maxBytes });
      const connector: Connector = {
        config: inner.config,
        reach: inner.reach,
        put: (key, bytes, options) => inner.put(key, bytes, options),
        putBatch: (items) => inner.putBatch(items),
        get: (key, options) => inner.get(key, options),
        exists: (key) => inner.exists(key),
        evict: (key) => inner.evict(key),
        release: (key) => inner.release(key),
        sweep: () => inner.sweep(),
        close: () => inner.close(),
      };
      return { connector: () => Object.assign(connector, parts(inner)) };
    },
  };
}

function least(): Partial<Connector> {
  return { putBatch: undefined, release: undefined } as unknown as Partial<Connector>;
}

function wide(bytes: Uint8Array | undefined): Uint8Array | undefined {
  if (!bytes) return undefined;
  const buffer = new Uint8Array(bytes.length + 1);
  buffer.set(bytes);
  return buffer.subarray(0, bytes.length);
}

function sharing(inner: MemoryConnector): Partial<Connector> {
  let bytes: Uint8Array | undefined;
  return {
    async get(key) {
      bytes ??= await inner.get(key);
      return bytes;
    },
  };
}
