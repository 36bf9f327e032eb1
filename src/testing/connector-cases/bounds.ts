/** What has no room is refused, whole, and says so. */
import type { ConnectorSupport } from '../connector.js';
import { type ConnectorCase, keyFor, noise } from '../connector-place.js';
import { equal, equalBytes, failsWith } from '../expect.js';

const ROOM = 10_000;

export function bounds({ bounded = true }: ConnectorSupport): readonly ConnectorCase[] {
  return bounded ? BOUNDED : [];
}

const BOUNDED: readonly ConnectorCase[] = [
  {
    does: 'refuses what is over its bound with quota_exceeded, keeps what it has, and goes on when there is room again',
    maxBytes: ROOM,
    async plays(place) {
      const [one, other] = [await place.connector(), await place.connector()];
      const [first, second, third] = [keyFor(6000), keyFor(4000), keyFor(1)];
      await one.put(first, noise(6000));
      await other.put(second, noise(4000));
      await failsWith('quota_exceeded', () => one.put(third, noise(1)), 'put beyond the bound');
      equal(await one.exists(third), false, 'exists');
      equalBytes(await one.get(first), noise(6000));
      await other.evict(second);
      await one.put(third, noise(1));
      equalBytes(await other.get(third), noise(1));
    },
  },
  {
    does: 'takes all of a batch or nothing',
    maxBytes: ROOM,
    async plays(place) {
      const connector = await place.connector();
      if (!connector.putBatch) return;
      const items = [4000, 4000, 4000].map((size, i) => ({ key: keyFor(size), bytes: noise(size, i) }));
      await failsWith('quota_exceeded', () => connector.putBatch?.(items), 'putBatch');
      equal(await Promise.all(items.map(({ key }) => connector.exists(key))), [false, false, false], 'exists');
      await connector.put(keyFor(ROOM), noise(ROOM));
    },
  },
  {
    does: 'makes room from what has expired',
    maxBytes: ROOM,
    async plays(place) {
      const connector = await place.connector();
      await connector.put(keyFor(9000), noise(9000), { expiresAt: Date.now() - 1 });
      const key = keyFor(9000);
      await connector.put(key, noise(9000, 1));
      equalBytes(await connector.get(key), noise(9000, 1));
    },
  },
];
