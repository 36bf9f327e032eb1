/** Tabs that meet at a broker. */
import { expect, test } from '@playwright/test';
import { connect } from 'mqtt';
import { startMosquitto } from './support/index.js';
import { runProgram } from './support/program.js';

const MORE = [{ place: 'Arcata', mag: 4 }];
const QUAKES = [
  { place: 'Eureka', mag: 5 },
  { place: 'Cobb', mag: 1.2 },
];

test.describe('over the broker that the demo server has built in', () => {
  meet(async (use) => use('/mqtt'));
});

test.describe('over Mosquitto', () => {
  meet(async (use) => {
    await using broker = await startMosquitto();
    await use(broker.wsUrl);
  });
});

function meet(atBroker: (use: (url: string) => Promise<void>) => Promise<void>): void {
  test('what one tab publishes is drawn in another until the stream ends', ({ context }) =>
    atBroker(async (url) => {
      const root = unique('quakes');
      const board = await runProgram(await context.newPage(), 'mqtt-board', { url, root, client: unique('board') });
      await expect(board.getByText('listening')).toBeVisible();
      const station = await runProgram(await context.newPage(), 'station', { url, root });
      await station.evaluate((quakes) => globalThis.station.send(quakes), QUAKES);
      await station.evaluate(() => globalThis.station.end());
      await expect(board.getByText('The stream has ended')).toBeVisible();
      await expect(board.locator('li')).toHaveText(['Eureka 5', 'Cobb 1.2']);
    }));

  test('a board that was closed and is opened again draws what was published meanwhile', ({ context }) =>
    atBroker(async (url) => {
      const [root, client] = [unique('quakes'), unique('board')];
      const first = await runProgram(await context.newPage(), 'mqtt-board', { url, root, client });
      await expect(first.getByText('listening')).toBeVisible();
      const station = await runProgram(await context.newPage(), 'station', { url, root });
      await station.evaluate((quakes) => globalThis.station.send(quakes), QUAKES);
      await expect(first.locator('li')).toHaveText(['Eureka 5', 'Cobb 1.2']);
      // The next pull acknowledges; a quake that makes it happen shows that it has.
      await station.evaluate((quakes) => globalThis.station.send(quakes), [{ place: 'Anza', mag: 2.5 }]);
      await expect(first.locator('li')).toHaveCount(3);
      await first.close();
      await station.evaluate((quakes) => globalThis.station.send(quakes), MORE);
      await station.evaluate(() => globalThis.station.end());
      const second = await runProgram(await context.newPage(), 'mqtt-board', { url, root, client });
      await expect(second.getByText('The stream has ended')).toBeVisible();
      await expect(second.locator('li').last()).toHaveText('Arcata 4');
      await expect(second.getByText('Eureka')).toHaveCount(0);
    }));

  test('readings of a sensor that knows nothing of this SDK are filtered and shown, and nonsense is told', ({ context, baseURL }) =>
    atBroker(async (url) => {
      const root = unique('plant');
      const page = await runProgram(await context.newPage(), 'thermometer', { url, root });
      await expect(page.getByText('listening')).toBeVisible();
      const sensor = connect(new URL(url, baseURL?.replace('http', 'ws')).href, { protocolVersion: 4 });
      for (const json of ['{"celsius": 71}', '{"celsius": 69}', '{"celsius":', '{"celsius": 98.5}']) {
        await sensor.publishAsync(`${root}/7/temperature`, json, { qos: 1 });
      }
      await expect(page.locator('p')).toHaveText(['listening', '71 °C', 'invalid_message', '98.5 °C']);
      await sensor.endAsync();
    }));
}

/** The built-in broker is every test's. */
function unique(name: string): string {
  return `${name}-${crypto.randomUUID().slice(0, 8)}`;
}
