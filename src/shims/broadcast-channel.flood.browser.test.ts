/** More than can be dealt with at once comes from another thread. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { StreamConsumer } from '../index.js';
import { BroadcastChannelSubscriber, type BroadcastChannelSubscriberOptions } from './broadcast-channel.js';

const EVENTS = 256;
const OBJECT = { place: 'x'.repeat(400) };

test('a consumer goes on with the next message, and not behind all that are on their way', async () => {
  const { channel, consumer, flood } = await listening();
  let heard = 0;
  const listener = new BroadcastChannel(channel);
  listener.onmessage = () => heard++;
  onTestFinished(() => listener.close());
  // On its own clock: once a second all that has arrived is let in, and however slow a machine is, it is not to come so far.
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  const batches = 60;
  flood(batches);
  let close = 0;
  let n = 0;
  for (; n < batches * EVENTS && (await consumer.next()).value?.n === n; n++) {
    if (n % EVENTS !== 0) continue;
    now += 10;
    if (heard - n / EVENTS < 5) close++;
  }
  expect(n).toBe(batches * EVENTS);
  expect(close).toBeGreaterThan(batches / 4);
});

test('a consumer that is too slow hears of what is lost while the flood lasts', async () => {
  const { consumer, flood, subscriber } = await listening({ maxMessages: 10, overflow: 'drop-oldest' });
  const batches = 1000;
  flood(batches);
  let last = -1;
  while (consumer.stats.gaps === 0) {
    const { n } = (await consumer.next()).value as { n: number };
    expect(n).toBeGreaterThan(last);
    last = n;
    if (n % EVENTS === 0) busy(10);
  }
  expect(subscriber.dropped).toBeGreaterThan(0);
  expect(last).toBeLessThan((batches - 1) * EVENTS);
});

test('the page has its turns, however much there is to read', async () => {
  const { consumer, flood } = await listening();
  const batches = 200;
  flood(batches);
  let turns = 0;
  const clock = setInterval(() => turns++, 1);
  onTestFinished(() => clearInterval(clock));
  for (let n = 0; n < batches * EVENTS; n++) {
    await consumer.next();
    if (n % EVENTS === 0) busy(5);
  }
  expect(turns).toBeGreaterThan(5);
});

function busy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** A consumer, and a worker that posts so many batches without a pause. */
async function listening(options: BroadcastChannelSubscriberOptions = {}) {
  const channel = crypto.randomUUID();
  const subscriber = new BroadcastChannelSubscriber('a', { ...options, channel });
  const consumer = new StreamConsumer<{ n: number }>(subscriber, { endOfStream: 'never' });
  await subscriber.ready();
  const flood = (batches: number) => {
    const work = `
      const channel = new BroadcastChannel(${JSON.stringify(channel)});
      for (let seq = 0; seq < ${batches}; seq++) {
        const objects = Array.from({ length: ${EVENTS} }, (_, i) => ({ ...${JSON.stringify(OBJECT)}, n: seq * ${EVENTS} + i }));
        channel.postMessage([1, 'a', 'ab'.repeat(16), seq, [], objects.map(() => ({})), objects]);
      }`;
    const worker = new Worker(URL.createObjectURL(new Blob([work], { type: 'text/javascript' })));
    onTestFinished(() => worker.terminate());
  };
  onTestFinished(() => consumer.close());
  return { channel, consumer, flood, subscriber };
}
