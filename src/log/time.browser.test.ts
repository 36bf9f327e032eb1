/** Ages, leases and times: also with a clock that jumps. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { bytes, freshLog, items, open, read, readWithNews, sendAll, text } from '../../e2e/support/log-scene.js';
import { StreamError } from '../index.js';

const HOUR = 3_600_000;

describe('retention by age', () => {
  test('removes what is old once every cursor has passed it', async () => {
    const clock = stoppedClock();
    const log = await freshLog({ maxAgeMs: HOUR });
    const board = log.subscriber('#', { name: 'board' });
    await sendAll(log.publisher(), 3);
    await read(board, 2);
    await board.close();
    clock.pass(2 * HOUR);
    await log.publisher().send('t', bytes('3'));
    expect((await log.refresh()).start).toBe(0);
    const again = log.subscriber('#', { name: 'board' });
    expect((await read(again, 2)).map(text)).toEqual(['2', '3']);
    await again.close();
    await log.publisher().send('t', bytes('4'));
    expect((await log.refresh()).start).toBe(3);
  });

  test('removes what is old when nobody has a cursor', async () => {
    const clock = stoppedClock();
    const log = await freshLog({ maxAgeMs: HOUR });
    await sendAll(log.publisher(), 3);
    clock.pass(HOUR - 1);
    await log.publisher().send('t', bytes('3'));
    expect((await log.refresh()).start).toBe(0);
    clock.pass(2);
    await log.publisher().send('t', bytes('4'));
    expect((await log.refresh()).start).toBe(3);
  });

  test('no longer waits for a cursor whose lease has run out; whoever comes back under it is told what is missing', async () => {
    const clock = stoppedClock();
    const log = await freshLog({ maxAgeMs: HOUR, leaseMs: 10 * HOUR });
    const board = log.subscriber('#', { name: 'board' });
    await sendAll(log.publisher(), 5);
    await read(board, 2);
    await board.close();
    clock.pass(9 * HOUR);
    await log.publisher().send('t', bytes('5'));
    expect((await log.refresh()).start).toBe(0);
    clock.pass(2 * HOUR);
    await log.publisher().send('t', bytes('6'));
    expect((await log.refresh()).start).toBe(6);
    const news = await readWithNews(log.subscriber('#', { name: 'board' }), 1);
    expect(news.map(inWords)).toEqual([{ reason: 'retention', missed: 4 }, '6']);
    expect(log.status.gaps).toBe(1);
  });

  test('waits for a cursor that somebody reads under, however little there is to read', async () => {
    const clock = stoppedClock();
    const log = await freshLog({ maxAgeMs: HOUR, leaseMs: 10 * HOUR });
    const board = log.subscriber('other', { name: 'board' });
    await board.ready();
    for (let i = 0; i < 4; i++) {
      clock.pass(6 * HOUR);
      const { leaseUntil = 0 } = (await log.refresh()).cursors[0] ?? {};
      await log.publisher().send('t', bytes(`${i}`));
      await expect.poll(async () => (await log.refresh()).cursors[0]?.leaseUntil).toBeGreaterThan(leaseUntil);
    }
  });
});

describe('a clock that jumps', () => {
  test('back does not take the order of times with it: what is asked for since a time comes whole', async () => {
    const clock = stoppedClock();
    const log = await freshLog();
    const publisher = log.publisher();
    const noted: number[] = [];
    for (const step of [0, 1000, -24 * HOUR, 1000, 1000, 25 * HOUR, 1000]) {
      clock.pass(step);
      noted.push(Date.now());
      await publisher.send('t', bytes(`${noted.length - 1}`));
    }
    const all = await read(log.subscriber('#', { from: 'start' }), 7);
    const times = all.map(({ time }) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const [n, time] of noted.entries()) {
      const first = await read(log.subscriber('#', { from: { time } }), 1);
      expect(Number(text(first[0]))).toBeLessThanOrEqual(n);
    }
  });

  test('back removes nothing early and lets no lease last for ever', async () => {
    const clock = stoppedClock();
    const log = await freshLog({ maxAgeMs: HOUR, leaseMs: 10 * HOUR });
    const board = log.subscriber('#', { name: 'board' });
    await sendAll(log.publisher(), 3);
    await read(board, 1);
    await board.close();
    clock.pass(-5 * HOUR);
    await log.publisher().send('t', bytes('3'));
    expect((await log.refresh()).start).toBe(0);
    clock.pass(16 * HOUR);
    await log.publisher().send('t', bytes('4'));
    expect((await log.refresh()).start).toBe(4);
  });

  test('forth and back again keeps what is stored afterwards, in order, for a cursor and a time', async () => {
    const clock = stoppedClock();
    const log = await freshLog({ maxAgeMs: HOUR });
    const board = log.subscriber('#', { name: 'board' });
    await sendAll(log.publisher(), 2);
    await read(board, 2);
    clock.pass(1000 * HOUR);
    await log.publisher().send('t', bytes('2'));
    clock.pass(-1000 * HOUR);
    await sendAll(log.publisher(), 2, { from: 3 });
    expect((await read(board, 3)).map(text)).toEqual(items(3, 2));
    const reader = await open(log);
    expect((await read(reader.subscriber('#', { from: { time: Date.now() } }), 3)).map(text)).toEqual(items(3, 2));
  });
});

test('a message of a time that is yet to come is followed from there on', async () => {
  const log = await freshLog();
  const later = log.subscriber('#', { from: { time: new Date(Date.now() + HOUR) } });
  await sendAll(log.publisher(), 1);
  await later.ready();
  await log.publisher().send('t', bytes('1'));
  expect((await read(later, 1)).map(text)).toEqual(['1']);
});

/** `Date.now` moves only when told to, for everybody, until the test is over. */
function stoppedClock(): { pass(ms: number): void } {
  let now = Date.now();
  const spy = vi.spyOn(Date, 'now').mockImplementation(() => now);
  onTestFinished(() => spy.mockRestore());
  return {
    pass(ms) {
      now += ms;
    },
  };
}

function inWords(message: Parameters<typeof text>[0] | StreamError): unknown {
  return message instanceof StreamError ? { reason: message.details.reason, missed: message.details.missed } : text(message);
}
