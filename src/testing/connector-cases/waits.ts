/** Every wait ends, every part is told of, and closing deletes nothing. */
import type { ConnectorSupport } from '../connector.js';
import { type ConnectorCase, keyFor, noise } from '../connector-place.js';
import { equal, equalBytes, failsWith, failure, ok } from '../expect.js';

export function waits({ streams }: ConnectorSupport): readonly ConnectorCase[] {
  return [
    {
      does: 'tells how far a get has come, up to all of it',
      async plays(place) {
        const connector = await place.connector();
        const size = 2 ** 20;
        const key = keyFor(size);
        await connector.put(key, noise(size));
        const heard: [number, number][] = [];
        await connector.get(key, { size, onProgress: (loaded, total) => heard.push([loaded, total]) });
        equal(heard.at(-1), [size, size], 'the last thing heard');
        ok(
          heard.every(([loaded, total], i) => total === size && loaded > (heard[i - 1]?.[0] ?? 0)),
          'more each time',
        );
      },
    },
    ...(streams ? [STREAMED] : []),
    {
      does: "rejects a get that is given up beforehand with the signal's reason",
      async plays(place) {
        const connector = await place.connector();
        const key = keyFor(10);
        await connector.put(key, noise(10));
        const reason = new Error('enough');
        equal((await failure(() => connector.get(key, { signal: AbortSignal.abort(reason) }), 'get')) === reason, true, 'the reason');
        equalBytes(await connector.get(key), noise(10));
      },
    },
    {
      does: 'settles a get that is given up in the middle, and goes on',
      async plays(place) {
        const connector = await place.connector();
        const key = keyFor(2 ** 20);
        await connector.put(key, noise(2 ** 20));
        const reason = new Error('enough');
        const control = new AbortController();
        const getting = connector.get(key, { signal: control.signal, size: 2 ** 20 });
        control.abort(reason);
        const outcome = await getting.catch((error) => error);
        ok(outcome === reason || outcome.length === 2 ** 20, `the object or the reason, got ${outcome}`);
        equalBytes(await connector.get(key), noise(2 ** 20));
      },
    },
    {
      does: 'gives the whole object or none to two who get it while it is evicted',
      async plays(place) {
        const [one, other] = [await place.connector(), await place.connector()];
        for (let round = 0; round < 10; round++) {
          const key = keyFor(2 ** 16);
          await one.put(key, noise(2 ** 16));
          const outcomes = await Promise.allSettled([one.get(key, { size: 2 ** 16 }), other.get(key, { size: 2 ** 16 }), other.evict(key)]);
          for (const outcome of outcomes.slice(0, 2)) {
            if (outcome.status === 'rejected') equal(outcome.reason.code, 'object_missing', 'why not');
            else if (outcome.value) equalBytes(outcome.value as Uint8Array, noise(2 ** 16));
          }
          equal([outcomes[2]?.status, await one.exists(key)], ['fulfilled', false], 'the eviction');
        }
      },
    },
    {
      does: 'refuses everything once closed, twice, and deletes nothing',
      async plays(place) {
        const [one, other] = [await place.connector(), await place.connector()];
        const key = keyFor(10);
        await one.put(key, noise(10));
        await one.close();
        await one.close();
        await failsWith('closed', () => one.put(keyFor(10), noise(10)), 'put');
        await failsWith('closed', () => one.get(key), 'get');
        await failsWith('closed', () => one.exists(key), 'exists');
        await failsWith('closed', () => one.evict(key), 'evict');
        if (other !== one) equalBytes(await other.get(key), noise(10));
      },
    },
    {
      does: 'keeps its place in plain data that travels, the same for every connector to it',
      async plays(place) {
        const [one, other] = [await place.connector(), await place.connector()];
        equal(structuredClone(one.config), other.config, 'config');
        equal(JSON.parse(JSON.stringify(one.config)), other.config, 'config as JSON');
      },
    },
  ];
}

const STREAMED: ConnectorCase = {
  does: 'streams an object, all of it and in order, and nothing when there is none',
  async plays(place) {
    const connector = await place.connector();
    const size = 2 ** 20;
    const key = keyFor(size);
    await connector.put(key, noise(size));
    const stream = await connector.stream?.(key, { size });
    equalBytes(new Uint8Array(await new Response(stream).arrayBuffer()), noise(size));
    equal(await connector.stream?.(keyFor(size), { size }), undefined, 'a stream of nothing');
    const left = await connector.stream?.(key, { size });
    await left?.cancel();
    equal(await connector.exists(key), true, 'exists after a stream was left');
  },
};
