import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { backoff } from './backoff.js';
import { PacketIds } from './packet-ids.js';
import { Pulse } from './pulse.js';
import { judge, subscribeError } from './reasons.js';
import { Receipts } from './receipt.js';

describe('backoff', () => {
  test('is anywhere up to a bound that doubles, and has an end', () => {
    const most = [1, 2, 3, 10, 1000].map((attempt) => backoff(attempt, { minMs: 100, maxMs: 1000 }, () => 1));
    expect(most).toEqual([100, 200, 400, 1000, 1000]);
    expect(backoff(5, {}, () => 0)).toBe(0);
  });
});

describe('packet identifiers', () => {
  test('go round without meeting one that is in use', () => {
    const ids = new PacketIds();
    const kept = ids.take();
    for (let i = 0; i < 200_000; i++) {
      const id = ids.take();
      if (id === kept || id < 1 || id > 65_535) expect.unreachable(`${id}`);
      ids.release(id);
    }
    expect(ids.free).toBe(true);
    for (let i = 1; i < 65_535; i++) ids.take();
    expect(ids.free).toBe(false);
  });
});

describe('receipts', () => {
  const publish = (messageId: number, payload = `${messageId}`) =>
    ({ cmd: 'publish', topic: 't', qos: 1, dup: false, retain: false, messageId, payload: Buffer.from(payload) }) as const;

  test('are paid in the order of arrival', () => {
    const paid: number[] = [];
    const receipts = new Receipts((id) => paid.push(id));
    const [a, b, c] = [1, 2, 3].map((id) => receipts.take(publish(id)).receipt);
    for (const receipt of [a, b, c]) if (receipt) receipt.pending = 1;
    if (b) b.pending = 0;
    receipts.flush();
    expect(paid).toEqual([]);
    if (a) a.pending = 0;
    receipts.flush();
    expect(paid).toEqual([1, 2]);
  });

  test('know a message that comes again, and not another one under its identifier', () => {
    const receipts = new Receipts(() => {});
    const { receipt } = receipts.take(publish(1));
    receipts.take(publish(2));
    receipts.down();
    expect(receipts.take(publish(1))).toEqual({ receipt, known: true });
    expect(receipts.take(publish(2, 'other')).known).toBe(false);
    receipts.down();
    receipts.forget();
    expect(receipts.take(publish(1)).known).toBe(false);
  });
});

describe('the pulse', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const beating = () => {
    const heard = { pings: 0, dead: 0 };
    const pulse = new Pulse(
      60_000,
      () => heard.pings++,
      () => heard.dead++,
    );
    return { heard, pulse };
  };

  test('pings twice per keepalive and is content with any answer', () => {
    const { heard, pulse } = beating();
    for (let i = 0; i < 10; i++) {
      vi.advanceTimersByTime(30_000);
      pulse.heard();
    }
    expect(heard).toEqual({ pings: 10, dead: 0 });
    pulse.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('declares death within the keepalive', () => {
    const { heard, pulse } = beating();
    vi.advanceTimersByTime(60_000);
    expect(heard.dead).toBe(1);
    pulse.stop();
  });

  test('a probe has its own, shorter deadline', () => {
    const { heard, pulse } = beating();
    vi.advanceTimersByTime(30_000);
    pulse.probe(5000);
    vi.advanceTimersByTime(5000);
    expect(heard.dead).toBe(1);
    pulse.stop();
  });

  test('asks once more when the page slept past the deadline', () => {
    const { heard, pulse } = beating();
    pulse.probe(5000);
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(5000);
    expect(heard).toEqual({ pings: 2, dead: 0 });
    vi.advanceTimersByTime(5000);
    expect(heard.dead).toBe(1);
    pulse.stop();
  });
});

describe('a subscription', () => {
  test.each([
    [0, 'unsupported'],
    [0x80, 'refused'],
    [0x87, 'not_authorized'],
    [0x9e, 'unsupported'],
    [0x8f, 'refused'],
  ])('that is answered with %i fails with %s', (reason, code) => {
    expect(subscribeError(reason, 'a/#')).toMatchObject({ code, details: { filter: 'a/#' } });
  });
});

describe('the end of a connection', () => {
  test.each([
    ['refused', 0x86, 'reauthorize', 'not_authorized'],
    ['refused', 0x87, 'reauthorize', 'not_authorized'],
    ['refused', 0x8c, 'reauthorize', 'not_authorized'],
    ['refused', 4, 'reauthorize', 'not_authorized'],
    ['refused', 5, 'reauthorize', 'not_authorized'],
    ['refused', 0x8a, 'stop', 'not_authorized'],
    ['refused', 1, 'downgrade', 'unsupported'],
    ['refused', 0x84, 'downgrade', 'unsupported'],
    ['refused', 2, 'stop', 'refused'],
    ['refused', 0x85, 'stop', 'refused'],
    ['refused', 3, 'retry', 'refused'],
    ['refused', 0x88, 'retry', 'refused'],
    ['refused', 0x89, 'retry', 'refused'],
    ['refused', 0x9b, 'stop', 'refused'],
    ['told', 0x8e, 'stop', 'session_taken_over'],
    ['told', 0x8b, 'retry', 'connection_lost'],
    ['cut', undefined, 'retry', 'connection_lost'],
    ['unanswered', undefined, 'retry', 'connection_lost'],
    ['silent', undefined, 'retry', 'timeout'],
  ] as const)('%s %s: %s, with %s', (how, reason, next, code) => {
    expect(judge({ how, ...(reason !== undefined && { reason }) }, 'ws://broker')).toMatchObject({ next, error: { code } });
  });
});
