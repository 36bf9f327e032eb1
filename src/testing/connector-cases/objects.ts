/** Bytes are exact, keys are what they should be, and what is not there is not there. */
import type { ConnectorCase } from '../connector-place.js';
import { keyFor, noise } from '../connector-place.js';
import { equal, equalBytes, failsWith } from '../expect.js';

export function objects(): readonly ConnectorCase[] {
  return [
    ...[0, 1, 2 ** 16, 2 ** 20].map(
      (size): ConnectorCase => ({
        does: `keeps an object of ${size.toLocaleString('en')} bytes as it is`,
        async plays(place) {
          const connector = await place.connector();
          const key = keyFor(size);
          await connector.put(key, noise(size));
          equalBytes(await connector.get(key, { size }), noise(size));
          equal(await connector.exists(key), true, 'exists');
        },
      }),
    ),
    {
      does: 'keeps a view into a larger buffer without the rest of it',
      async plays(place) {
        const connector = await place.connector();
        const view = new Uint8Array(noise(5000).buffer, 1234, 321);
        const key = keyFor(321);
        await connector.put(key, view);
        const found = await connector.get(key);
        equalBytes(found, view);
        equal(found?.buffer.byteLength, 321, 'bytes of its buffer');
      },
    },
    {
      does: 'gives each caller bytes of their own, which nothing changes afterwards',
      async plays(place) {
        const connector = await place.connector();
        const given = noise(1000);
        const key = keyFor(1000);
        await connector.put(key, given);
        given.fill(7);
        const [first, second] = [await connector.get(key), await connector.get(key)];
        first?.fill(9);
        equalBytes(second, noise(1000));
        equalBytes(await connector.get(key), noise(1000));
      },
    },
    {
      does: 'has nothing under a key that was not put, and evicts that without complaint',
      async plays(place) {
        const connector = await place.connector();
        const key = keyFor(10);
        equal([await connector.get(key), await connector.exists(key)], [undefined, false], 'get and exists');
        await connector.evict(key);
        await connector.release?.(key);
      },
    },
    {
      does: 'forgets an object that is evicted, for every connector to the place',
      async plays(place) {
        const [one, other] = [await place.connector(), await place.connector()];
        const [gone, kept] = [keyFor(10), keyFor(11)];
        await one.put(gone, noise(10));
        await one.put(kept, noise(11));
        equalBytes(await other.get(gone), noise(10));
        await other.evict(gone);
        await other.evict(gone);
        equal([await one.get(gone), await one.exists(gone)], [undefined, false], 'get and exists');
        equalBytes(await one.get(kept), noise(11));
      },
    },
    {
      does: 'puts and gets a hundred at once, each under its key',
      async plays(place) {
        const connector = await place.connector();
        const keys = Array.from({ length: 100 }, (_, i) => keyFor(100 + i));
        await Promise.all(keys.map((key, i) => connector.put(key, noise(100 + i, i))));
        const found = await Promise.all(keys.map((key) => connector.get(key)));
        for (const [i, bytes] of found.entries()) equalBytes(bytes, noise(100 + i, i));
      },
    },
    {
      does: 'does many at once where it offers that, in order, with a place for what is missing',
      async plays(place) {
        const connector = await place.connector();
        const keys = Array.from({ length: 10 }, (_, i) => keyFor(i));
        const items = keys.map((key, i) => ({ key, bytes: noise(i, i) }));
        if (connector.putBatch) await connector.putBatch(items);
        else for (const { key, bytes } of items) await connector.put(key, bytes);
        equal(
          (await Promise.all(keys.map((key) => connector.get(key)))).map((bytes) => bytes?.length),
          [...keys.keys()],
          'lengths',
        );
        const missing = keyFor(3);
        const found = await connector.getBatch?.([...keys.slice(5), missing, ...keys.slice(0, 5)]);
        if (found)
          equal(
            found.map((bytes) => bytes?.length),
            [5, 6, 7, 8, 9, undefined, 0, 1, 2, 3, 4],
            'lengths',
          );
        await connector.evictBatch?.([...keys, missing]);
        if (connector.evictBatch)
          equal(
            await Promise.all(keys.map((key) => connector.exists(key))),
            keys.map(() => false),
            'exists',
          );
      },
    },
    {
      does: 'refuses what is no key before it does anything',
      async plays(place) {
        const connector = await place.connector();
        const good = keyFor(10);
        const bad = [
          '',
          '..',
          '../secret',
          `${good}/../../x`,
          'http://elsewhere/',
          `${good}?x`,
          `${good}#`,
          `${good}~1`,
          `%2e%2e%2f${good}`,
          `${good}\n`,
        ];
        for (const key of bad) {
          await failsWith('invalid_key', () => connector.put(key, noise(10)), `put ${key}`);
          await failsWith('invalid_key', () => connector.get(key), `get ${key}`);
          await failsWith('invalid_key', () => connector.exists(key), `exists ${key}`);
          await failsWith('invalid_key', () => connector.evict(key), `evict ${key}`);
          if (connector.release) await failsWith('invalid_key', () => connector.release?.(key), `release ${key}`);
        }
        await failsWith('unsupported_version', () => connector.get(`2${good.slice(1)}`), 'get of a newer key');
      },
    },
  ];
}
