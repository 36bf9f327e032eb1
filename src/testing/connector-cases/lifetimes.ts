/** How long objects stay. */
import type { ConnectorSupport } from '../connector.js';
import { type ConnectorCase, keyFor, noise } from '../connector-place.js';
import { equal, equalBytes, ok, until } from '../expect.js';

export function lifetimes({ counts, expires }: ConnectorSupport): readonly ConnectorCase[] {
  return [...(counts ? COUNTING : [NOT_COUNTING]), expires ? EXPIRED : SWEPT, ...(expires ? [EXPIRES_MEANWHILE] : [])];
}

const COUNTING: readonly ConnectorCase[] = [
  {
    does: 'removes an object for one when it is released',
    async plays(place) {
      const connector = await place.connector();
      const key = keyFor(10);
      await connector.put(key, noise(10));
      await connector.release?.(key);
      equal(await connector.exists(key), false, 'exists');
    },
  },
  {
    does: 'keeps an object for three until the third releases it, through whichever connector',
    async plays(place) {
      const connectors = [await place.connector(), await place.connector(), await place.connector()];
      const key = keyFor(10, 3);
      await connectors[0]?.put(key, noise(10));
      for (const connector of connectors) {
        equalBytes(await connector.get(key), noise(10));
        await connector.release?.(key);
      }
      equal(await Promise.all(connectors.map((connector) => connector.exists(key))), [false, false, false], 'exists');
      await connectors[1]?.release?.(key);
    },
  },
  {
    does: 'counts releases that come at once, one by one',
    async plays(place) {
      const connectors = await Promise.all(Array.from({ length: 4 }, () => place.connector()));
      const key = keyFor(10, 5);
      await connectors[0]?.put(key, noise(10));
      await Promise.all(connectors.map((connector) => connector.release?.(key)));
      equal(await connectors[0]?.exists(key), true, 'exists after four of five');
      await connectors[0]?.release?.(key);
      equal(await connectors[3]?.exists(key), false, 'exists after five');
    },
  },
  {
    does: 'evicts an object however many are still to come, and leaves nothing of it',
    async plays(place) {
      const connector = await place.connector();
      const key = keyFor(10, 4);
      await connector.put(key, noise(10));
      await connector.release?.(key);
      await connector.evict(key);
      equal(await connector.exists(key), false, 'exists');
      // Under the same key, it is for four again.
      await connector.put(key, noise(10));
      for (const left of [3, 2, 1]) {
        await connector.release?.(key);
        equal(await connector.exists(key), true, `exists with ${left} to come`);
      }
      await connector.release?.(key);
      equal(await connector.exists(key), false, 'exists in the end');
    },
  },
];

const NOT_COUNTING: ConnectorCase = {
  does: 'offers no release, so that nobody relies on a count',
  async plays(place) {
    ok((await place.connector()).release === undefined, 'no release: declare counts: true where there is one');
  },
};

const EXPIRED: ConnectorCase = {
  does: 'has nothing of what has expired, and removes it by itself or by sweep',
  async plays(place) {
    const [one, other] = [await place.connector(), await place.connector()];
    const [over, stays] = [keyFor(10, 2), keyFor(11)];
    await one.put(over, noise(10), { expiresAt: Date.now() - 1 });
    await one.put(stays, noise(11), { expiresAt: Date.now() + 3_600_000 });
    equal([await other.get(over), await other.exists(over)], [undefined, false], 'get and exists');
    equal(await other.sweep?.(), 1, 'objects swept');
    equal(await other.sweep?.(), 0, 'objects swept again');
    equalBytes(await other.get(stays), noise(11));
  },
};

const EXPIRES_MEANWHILE: ConnectorCase = {
  does: 'keeps an object until its time has come',
  async plays(place) {
    const connector = await place.connector();
    const key = keyFor(10);
    const expiresAt = Date.now() + 300;
    await connector.put(key, noise(10), { expiresAt });
    await until(async () => !(await connector.exists(key)), 'the object has not expired');
    ok(Date.now() >= expiresAt, 'the object to be there until its time');
    equal(await connector.get(key), undefined, 'get');
  },
};

const SWEPT: ConnectorCase = {
  does: 'sweeps what it has put and has expired',
  async plays(place) {
    const connector = await place.connector();
    const [over, stays] = [keyFor(10, 2), keyFor(11)];
    await connector.put(over, noise(10), { expiresAt: Date.now() - 1 });
    await connector.put(stays, noise(11), { expiresAt: Date.now() + 3_600_000 });
    equal(await connector.sweep?.(), 1, 'objects swept');
    equal([await connector.exists(over), await connector.exists(stays)], [false, true], 'exists');
    equal(await connector.sweep?.(), 0, 'objects swept again');
  },
};
