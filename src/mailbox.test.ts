import { describe, expect, test, vi } from 'vitest';
import { StreamError } from './errors.js';
import { reasonOf, stateOf, turn } from './fixtures/promises.js';
import { gap } from './gap.js';
import { Mailbox, type MailboxOptions } from './mailbox.js';
import { payloads } from './payloads.js';
import type { Batch } from './protocols.js';

describe('pull is the acknowledgement', () => {
  test('asking for the next batch acknowledges the one before, and nothing else does', async () => {
    const { mailbox, acknowledged } = filled('a', 'b', 'c');
    const batches = mailbox.batches({ max: 2 });
    expect(await texts(batches)).toEqual(['a', 'b']);
    expect(acknowledged).toEqual([]);
    expect(await texts(batches)).toEqual(['c']);
    expect(acknowledged).toEqual(['a', 'b']);
    expect(mailbox.size).toBe(1);
  });

  test('a batch is everything that has arrived', async () => {
    const { mailbox } = filled('a', 'b', 'c');
    expect(await texts(mailbox.batches())).toEqual(['a', 'b', 'c']);
  });

  test('leaving the loop gives the batch back, in its old place', async () => {
    const { mailbox, acknowledged } = filled('a', 'b', 'c');
    for await (const batch of mailbox.batches({ max: 1 })) if (batch.messages[0] === 'b') break;
    expect(acknowledged).toEqual(['a']);
    expect(await texts(mailbox.batches())).toEqual(['b', 'c']);
  });

  test('so does throwing in it', async () => {
    const { mailbox } = filled('a');
    const reading = (async () => {
      for await (const batch of mailbox.batches()) throw new Error(String(batch.messages[0]));
    })();
    await expect(reading).rejects.toThrow('a');
    expect(await texts(mailbox.batches())).toEqual(['a']);
  });

  test('an acknowledgement that comes after leaving counts for nothing', async () => {
    const { mailbox, acknowledged } = filled('a');
    const first = mailbox.batches({ ack: 'manual' });
    const batch = await taken(first);
    await first.return?.();
    const second = mailbox.batches();
    expect(await texts(second)).toEqual(['a']);
    batch.ack();
    expect(acknowledged).toEqual([]);
  });

  test('with manual acknowledgement only ack() acknowledges', async () => {
    const { mailbox, acknowledged } = filled('a', 'b', 'c');
    const batches = mailbox.batches({ ack: 'manual', max: 2 });
    const first = await taken(batches);
    await taken(batches);
    expect(acknowledged).toEqual([]);
    first.ack(1);
    first.ack(1);
    expect(acknowledged).toEqual(['a']);
    first.ack();
    expect(acknowledged).toEqual(['a', 'b']);
  });

  test('the wire hears it in the order of arrival, whatever order the consumer took', async () => {
    const { mailbox, acknowledged } = filled('a', 'b', 'c');
    const batches = mailbox.batches({ ack: 'manual', max: 1 });
    const [a, b, c] = [await taken(batches), await taken(batches), await taken(batches)];
    c.ack();
    b.ack();
    expect(acknowledged).toEqual([]);
    a.ack();
    expect(acknowledged).toEqual(['a', 'b', 'c']);
  });
});

describe('waiting', () => {
  test('ends with the arrival of a message', async () => {
    const { mailbox } = filled();
    const batches = mailbox.batches();
    const next = batches.next();
    expect(await stateOf(next)).toBe('pending');
    mailbox.push('a', 1);
    expect(messagesOf((await next).value as Batch<string>)).toEqual(['a']);
  });

  test('is given up by the signal, with its reason; nothing is lost and the iteration is over', async () => {
    const { mailbox } = filled('a');
    const { signal, abort } = abortable();
    const batches = mailbox.batches({ signal, ack: 'manual' });
    await batches.next();
    const next = batches.next();
    abort('enough');
    expect(await reasonOf(next)).toBe('enough');
    expect(await batches.next()).toEqual({ done: true, value: undefined });
    expect(await texts(mailbox.batches())).toEqual(['a']);
  });

  test('is given up by leaving', async () => {
    const { mailbox } = filled();
    const batches = mailbox.batches();
    const next = batches.next();
    await batches.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    mailbox.push('a', 1);
    expect(await texts(mailbox.batches())).toEqual(['a']);
  });

  test('two calls at once are served in turn', async () => {
    const { mailbox } = filled();
    const batches = mailbox.batches({ max: 1 });
    const both = [batches.next(), batches.next()];
    mailbox.push('a', 1);
    mailbox.push('b', 1);
    const results = await Promise.all(both);
    expect(results.map(({ value }) => messagesOf(value as Batch<string>))).toEqual([['a'], ['b']]);
  });
});

describe('several iterations', () => {
  test('compete: each message is given to one', async () => {
    const { mailbox } = filled('a', 'b', 'c', 'd');
    const [one, two] = [mailbox.batches({ max: 1 }), mailbox.batches({ max: 1 })];
    expect([await texts(one), await texts(two), await texts(one), await texts(two)]).toEqual([['a'], ['b'], ['c'], ['d']]);
  });

  test('leave alone what others accept', async () => {
    const { mailbox } = filled('a1', 'b1', 'a2', 'b2');
    const [a, b] = ['a', 'b'].map((first) => mailbox.batches({ accept: (message) => message.startsWith(first) }));
    expect(await texts(b as Batches)).toEqual(['b1', 'b2']);
    expect(await texts(a as Batches)).toEqual(['a1', 'a2']);
  });

  test('get what another one leaves behind', async () => {
    const { mailbox } = filled('a');
    const one = mailbox.batches();
    await one.next();
    const waiting = texts(mailbox.batches());
    expect(await stateOf(waiting)).toBe('pending');
    await one.return?.();
    expect(await waiting).toEqual(['a']);
  });

  test('get what one holds whose time is over', async () => {
    const { mailbox } = filled('a');
    const { signal, abort } = abortable();
    const one = mailbox.batches({ until: signal });
    await one.next();
    abort();
    expect(await texts(mailbox.batches())).toEqual(['a']);
    expect(await one.next()).toEqual({ done: true, value: undefined });
  });

  test('one that its own signal ended no longer listens for the end of its time', async () => {
    const { mailbox } = filled();
    const until = new AbortController().signal;
    const removed = vi.spyOn(until, 'removeEventListener');
    const { signal, abort } = abortable();
    const next = mailbox.batches({ until, signal }).next();
    abort('enough');
    expect(await reasonOf(next)).toBe('enough');
    expect(removed).toHaveBeenCalledTimes(1);
  });

  test('one whose time is over before it begins ends at once', async () => {
    const { mailbox } = filled('a');
    expect(await mailbox.batches({ until: AbortSignal.abort() }).next()).toEqual({ done: true, value: undefined });
  });
});

describe('room', () => {
  test.each<MailboxOptions<string>>([
    { maxMessages: 0 },
    { maxMessages: Number.NaN },
    { maxBytes: -1 },
    { overflow: 'drop-everything' as never },
  ])('needs sound options, not %o', (options) => {
    expect(() => new Mailbox(options)).toThrow(TypeError);
  });

  test.each([0, -1, Number.NaN])('a batch of at most %o messages is refused', (max) => {
    expect(() => new Mailbox().batches({ max })).toThrow(TypeError);
  });

  test('is counted in messages and bytes until they are acknowledged', async () => {
    const mailbox = new Mailbox<string>();
    mailbox.push('a', 10);
    mailbox.push('b', 5);
    const batches = mailbox.batches({ ack: 'manual', max: 1 });
    const first = await taken(batches);
    expect([mailbox.size, mailbox.bytes]).toEqual([2, 15]);
    first.ack();
    expect([mailbox.size, mailbox.bytes]).toEqual([1, 5]);
  });

  test('one message always fits', async () => {
    const mailbox = new Mailbox<string>({ maxMessages: 1, maxBytes: 10 });
    expect(mailbox.push('huge', 1000)).toBe(true);
    expect(await texts(mailbox.batches())).toEqual(['huge']);
  });

  test('put waits for it, in order, and a small message does not overtake a large one', async () => {
    const full = new Mailbox<string>({ maxBytes: 10 });
    await full.put('a', 8);
    const large = full.put('b', 8);
    const small = full.put('c', 1);
    expect([await stateOf(large), await stateOf(small)]).toEqual(['pending', 'pending']);
    const batches = full.batches({ max: 1 });
    expect(await texts(batches)).toEqual(['a']);
    expect(await texts(batches)).toEqual(['b']);
    await Promise.all([large, small]);
    expect(await texts(batches)).toEqual(['c']);
  });

  test('a put that is given up takes no room, and lets those behind it in', async () => {
    const mailbox = new Mailbox<string>({ maxBytes: 10 });
    await mailbox.put('a', 8);
    const { signal, abort } = abortable();
    const large = mailbox.put('b', 8, signal);
    const small = mailbox.put('c', 2);
    abort('too long');
    expect(await reasonOf(large)).toBe('too long');
    await small;
    expect(await texts(mailbox.batches())).toEqual(['a', 'c']);
  });

  test('a put that is given up once the message is in is not given up', async () => {
    const mailbox = new Mailbox<string>({ maxMessages: 1 });
    await mailbox.put('a', 1);
    const { signal, abort } = abortable();
    const late = mailbox.put('b', 1, signal);
    await mailbox.batches().next();
    mailbox.clear();
    abort('too late');
    await late;
    expect(mailbox.size).toBe(1);
  });

  test('a put with a signal aborted before rejects at once, room or none', async () => {
    const mailbox = new Mailbox<string>();
    expect(await reasonOf(mailbox.put('a', 1, AbortSignal.abort('no')))).toBe('no');
    expect(mailbox.size).toBe(0);
  });
});

describe('overflow', () => {
  test("'error' ends the iteration with the error, after what is kept", async () => {
    const mailbox = new Mailbox<string>({ maxMessages: 2 });
    expect(['a', 'b', 'c', 'd'].map((message) => mailbox.push(message, 1))).toEqual([true, true, false, false]);
    const batches = mailbox.batches();
    expect(await texts(batches)).toEqual(['a', 'b']);
    expect(await reasonOf(batches.next())).toMatchObject({ code: 'overflow', details: { messages: 2, bytes: 2 } });
    expect(mailbox.dropped).toBe(1);
  });

  test("'drop-newest' keeps what is there, and says behind it how much is missing", async () => {
    const mailbox = new Mailbox<string>({ maxMessages: 2, overflow: 'drop-newest' });
    expect(['a', 'b', 'c', 'd'].map((message) => mailbox.push(message, 1))).toEqual([true, true, false, false]);
    const batches = mailbox.batches();
    expect(await texts(batches)).toEqual(['a', 'b', 'overflow 2']);
    mailbox.push('e', 1);
    expect(await texts(batches)).toEqual(['overflow 1']);
    mailbox.push('f', 1);
    expect(await texts(batches)).toEqual(['f']);
    expect(mailbox.dropped).toBe(3);
  });

  test("'drop-oldest' keeps the newest, and says before it how much is missing", async () => {
    const mailbox = new Mailbox<string>({ maxMessages: 2, overflow: 'drop-oldest' });
    expect(['a', 'b', 'c', 'd'].map((message) => mailbox.push(message, 1))).toEqual([true, true, true, true]);
    expect(await texts(mailbox.batches())).toEqual(['overflow 2', 'c', 'd']);
    expect(mailbox.dropped).toBe(2);
  });

  test("'drop-oldest' drops as many as the newest needs", async () => {
    const mailbox = new Mailbox<string>({ maxBytes: 10, overflow: 'drop-oldest' });
    for (const message of ['a', 'b', 'c']) mailbox.push(message, 3);
    mailbox.push('large', 6);
    expect(await texts(mailbox.batches())).toEqual(['overflow 2', 'c', 'large']);
    expect(mailbox.bytes).toBe(9);
  });

  test("'drop-oldest' leaves what is in the consumer's hands, and drops the newest when that is all", async () => {
    const mailbox = new Mailbox<string>({ maxMessages: 2, overflow: 'drop-oldest' });
    mailbox.push('a', 1);
    mailbox.push('b', 1);
    const batches = mailbox.batches({ ack: 'manual' });
    expect(await texts(batches)).toEqual(['a', 'b']);
    expect(mailbox.push('c', 1)).toBe(false);
    expect(await texts(batches)).toEqual(['overflow 1']);
    expect(mailbox.dropped).toBe(1);
  });

  test('a flood of invalid messages is bounded like any other', () => {
    const mailbox = new Mailbox<string>({ maxMessages: 5, overflow: 'error' });
    mailbox.push('a', 1);
    for (let i = 0; i < 1000; i++) mailbox.notify(new StreamError('invalid_message', 'junk'));
    expect([mailbox.size, mailbox.dropped, mailbox.closed]).toEqual([5, 996, false]);
  });
});

describe('news', () => {
  test('stands where it came in, and is acknowledged without telling the wire', async () => {
    const { mailbox, acknowledged } = filled('a');
    mailbox.notify(new StreamError('invalid_message', 'junk'));
    mailbox.push('b', 1);
    const batches = mailbox.batches();
    expect(await texts(batches)).toEqual(['a', 'invalid_message', 'b']);
    mailbox.push('c', 1);
    await batches.next();
    expect(acknowledged).toEqual(['a', 'b']);
  });

  test.each([
    ['of one kind become one', gap('suspended', 2), gap('suspended', 3), ['suspended 5']],
    ['of which one is uncounted become an uncounted one', gap('suspended', 2), gap('suspended'), ['suspended']],
    ['with different reasons stay apart', gap('suspended', 2), gap('session_lost', 3), ['suspended 2', 'session_lost 3']],
    ['of different topics stay apart', gap('sequence', 2, 'a'), gap('sequence', 3, 'b'), ['sequence 2', 'sequence 3']],
  ])('gaps side by side %s', async (_, first, second, expected) => {
    const { mailbox } = filled('a');
    mailbox.notify(first);
    mailbox.notify(second);
    expect(await texts(mailbox.batches())).toEqual(['a', ...expected]);
  });

  test('a gap that was given is not added to', async () => {
    const { mailbox } = filled();
    const batches = mailbox.batches();
    mailbox.notify(gap('suspended', 1));
    expect(await texts(batches)).toEqual(['suspended 1']);
    mailbox.notify(gap('suspended', 2));
    expect(await texts(batches)).toEqual(['suspended 2']);
  });

  test('a gap takes no room', () => {
    const mailbox = new Mailbox<string>({ maxMessages: 1 });
    mailbox.notify(gap('suspended'));
    expect(mailbox.push('a', 1)).toBe(true);
    expect(mailbox.size).toBe(1);
  });
});

describe('closing', () => {
  test('ends iterations at once, pending and to come', async () => {
    const { mailbox } = filled();
    const pending = mailbox.batches().next();
    mailbox.close();
    mailbox.close();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(mailbox.push('a', 1)).toBe(false);
    expect(await mailbox.batches().next()).toEqual({ done: true, value: undefined });
  });

  test('what was kept is forgotten, and acknowledging it tells the wire nothing', async () => {
    const { mailbox, acknowledged } = filled('a', 'b');
    const batches = mailbox.batches({ max: 1 });
    const batch = await taken(batches);
    mailbox.close();
    batch.ack();
    expect(await batches.next()).toEqual({ done: true, value: undefined });
    expect(acknowledged).toEqual([]);
  });

  test('with a failure, what is kept can be read and acknowledged first', async () => {
    const { mailbox, acknowledged } = filled('a');
    mailbox.close(new Error('gone'));
    const batches = mailbox.batches();
    expect(await texts(batches)).toEqual(['a']);
    expect(await reasonOf(batches.next())).toEqual(new Error('gone'));
    expect(acknowledged).toEqual(['a']);
    expect(await reasonOf(mailbox.batches().next())).toEqual(new Error('gone'));
  });

  test('after a failure ends iterations without it', async () => {
    const { mailbox } = filled('a');
    mailbox.close(new Error('gone'));
    mailbox.close(new Error('later'));
    mailbox.close();
    expect(await mailbox.batches().next()).toEqual({ done: true, value: undefined });
  });

  test('turns away who waits for room, and who comes later', async () => {
    const mailbox = new Mailbox<string>({ maxMessages: 1 });
    await mailbox.put('a', 1);
    const waiting = mailbox.put('b', 1);
    mailbox.close();
    expect(await reasonOf(waiting)).toMatchObject({ code: 'closed' });
    expect(await reasonOf(mailbox.put('c', 1))).toMatchObject({ code: 'closed' });
  });
});

describe('clearing', () => {
  test('forgets messages, given or not, and keeps the news', async () => {
    const { mailbox, acknowledged } = filled('a', 'b');
    mailbox.notify(gap('session_lost'));
    const batches = mailbox.batches({ max: 1 });
    const batch = await taken(batches);
    mailbox.clear();
    batch.ack();
    expect([mailbox.size, mailbox.bytes, acknowledged]).toEqual([0, 0, []]);
    mailbox.push('a', 1);
    expect(await texts(mailbox.batches())).toEqual(['session_lost', 'a']);
  });

  test('lets in who waits for room', async () => {
    const mailbox = new Mailbox<string>({ maxMessages: 1 });
    await mailbox.put('a', 1);
    const waiting = mailbox.put('b', 1);
    mailbox.clear();
    await waiting;
    expect(await texts(mailbox.batches())).toEqual(['b']);
  });
});

describe('payloads', () => {
  test('are acknowledged one by one, by asking for the next; news is left out', async () => {
    const { mailbox, acknowledged } = bytesOf(1, 2);
    mailbox.notify(gap('suspended'));
    mailbox.push({ payload: Uint8Array.of(3) }, 1);
    const bytes = payloads(mailbox);
    expect((await bytes.next()).value).toEqual(Uint8Array.of(1));
    expect(acknowledged).toEqual([]);
    expect((await bytes.next()).value).toEqual(Uint8Array.of(2));
    expect(acknowledged).toEqual([1]);
    expect((await bytes.next()).value).toEqual(Uint8Array.of(3));
    expect(acknowledged).toEqual([1, 2]);
  });

  test('leaving gives back the last one and those behind it', async () => {
    const { mailbox } = bytesOf(1, 2, 3);
    for await (const [n] of payloads(mailbox)) if (n === 2) break;
    const rest = payloads(mailbox);
    expect([(await rest.next()).value, (await rest.next()).value]).toEqual([Uint8Array.of(2), Uint8Array.of(3)]);
  });

  test('leaving ends a pending wait', async () => {
    const { mailbox } = bytesOf();
    const bytes = payloads(mailbox);
    const next = bytes.next();
    await bytes.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test('of what is no bytes: an error that says how to read it', async () => {
    const mailbox = new Mailbox<unknown>();
    mailbox.push({ topic: 'a', stores: [], events: [] }, 1);
    expect(await reasonOf(payloads(mailbox).next())).toMatchObject({ code: 'unsupported' });
  });
});

type Batches = AsyncIterator<Batch<string>>;

function filled(...messages: string[]) {
  const acknowledged: string[] = [];
  const mailbox = new Mailbox<string>({ onAck: (done) => acknowledged.push(...done) });
  for (const message of messages) mailbox.push(message, 1);
  return { mailbox, acknowledged };
}

function bytesOf(...numbers: number[]) {
  const acknowledged: (number | undefined)[] = [];
  const mailbox = new Mailbox<{ payload: Uint8Array }>({ onAck: (done) => acknowledged.push(...done.map(({ payload }) => payload[0])) });
  for (const n of numbers) mailbox.push({ payload: Uint8Array.of(n) }, 1);
  return { mailbox, acknowledged };
}

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason?: unknown) => controller.abort(reason) };
}

async function taken(batches: Batches): Promise<Batch<string>> {
  const { done, value } = await batches.next();
  if (done) throw new Error('It ended early');
  return value;
}

async function texts(batches: Batches): Promise<string[]> {
  await turn();
  return messagesOf(await taken(batches));
}

/** News as its code; a gap as its reason and number. */
function messagesOf(batch: Batch<string>): string[] {
  return batch.messages.map((message) => {
    if (!(message instanceof StreamError)) return message;
    const { reason, missed } = message.details;
    return message.code === 'gap' ? [reason, missed].filter((part) => part !== undefined).join(' ') : message.code;
  });
}
