import type { Connector } from '../store/connector.js';
import type { ConnectorSupport, ConnectorUnderTest, ConnectorWorld } from './connector.js';
import { bounds } from './connector-cases/bounds.js';
import { lifetimes } from './connector-cases/lifetimes.js';
import { objects } from './connector-cases/objects.js';
import { waits } from './connector-cases/waits.js';
import type { ConnectorCase } from './connector-place.js';
import { inTime } from './expect.js';
import type { TestRunner } from './shim.js';

const CHAPTERS: readonly ((supports: ConnectorSupport) => readonly ConnectorCase[])[] = [objects, lifetimes, waits, bounds];
const PLAY_MS = 50_000;
const TEST_MS = 60_000;

/** Defines one test for each thing that a connector must do, given what it says it supports. Without a `runner`, the global `describe` and `it` are used. */
export function describeConnector(
  name: string,
  { supports, open }: ConnectorUnderTest,
  { describe, it }: TestRunner = globalThis as unknown as TestRunner,
): void {
  if (typeof describe !== 'function' || typeof it !== 'function')
    throw new TypeError('describeConnector needs describe and it: pass them as the third argument');
  describe(`${name} as a connector`, () => {
    for (const { does, maxBytes, plays } of CHAPTERS.flatMap((chapter) => chapter(supports))) {
      it(
        does,
        async () => {
          const world = await inTime(Promise.resolve(open(maxBytes)), 'open() has not settled');
          const made = new Set<Connector>();
          try {
            await inTime(plays({ supports, connector: () => keep(world, made) }), `it ${does}`, PLAY_MS);
          } finally {
            await inTime(Promise.all([...made].map((connector) => connector.close())), 'close() has not settled');
            await world.close?.();
          }
        },
        TEST_MS,
      );
    }
  });
}

async function keep(world: ConnectorWorld, made: Set<Connector>): Promise<Connector> {
  const connector = await world.connector();
  made.add(connector);
  return connector;
}
