import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StreamError } from './errors.js';
import { Mailbox } from './mailbox.js';
import type { Batch } from './protocols.js';

const ROOM = 5;

test('whatever is pushed, read and left: a reader finds every number or a gap that counts it, in order, and none twice', async () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ push: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 3, arbitrary: fc.record({ pull: fc.constantFrom(1, 2, Number.POSITIVE_INFINITY) }) },
    { weight: 1, arbitrary: fc.constant({ leave: true }) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('drop-oldest' as const, 'drop-newest' as const),
      fc.array(step, { maxLength: 60 }),
      async (overflow, steps) => {
        const mailbox = new Mailbox<number>({ maxMessages: ROOM, overflow });
        const reader = new Reader(mailbox);
        let pushed = 0;
        for (const { push = 0, pull = 0, leave = false } of steps as readonly Partial<{ push: number; pull: number; leave: boolean }>[]) {
          for (let i = 0; i < push; i++) mailbox.push(pushed++, 1);
          if (pull > 0 && mailbox.size > reader.held) await reader.pull(pull);
          if (leave) await reader.leave();
          expect(mailbox.size).toBeLessThanOrEqual(ROOM);
          expect(mailbox.size + reader.messages + mailbox.dropped).toBe(pushed);
        }
        await reader.leave();
        mailbox.close(new Error('the end')); // what is kept is still read
        await reader.drain();
        expect([reader.next, reader.missed]).toEqual([pushed, mailbox.dropped]);
      },
    ),
    { numRuns: 500 },
  );
});

test('whoever competes and in whatever order they acknowledge or leave: each number is in one hand at a time, and the wire hears all in order', async () => {
  const reader = fc.integer({ min: 0, max: 2 });
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ put: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 4, arbitrary: fc.record({ pull: reader, max: fc.constantFrom(1, 2, Number.POSITIVE_INFINITY) }) },
    { weight: 3, arbitrary: fc.record({ ack: fc.nat(), count: fc.constantFrom(1, 2, undefined) }) },
    { weight: 1, arbitrary: fc.record({ leave: reader }) },
  );
  type Step = Partial<{ put: number; pull: number; max: number; ack: number; count: number | undefined; leave: number }>;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const heard: number[] = [];
      const mailbox = new Mailbox<number>({ maxMessages: ROOM, onAck: (numbers) => heard.push(...numbers) });
      const hands = [0, 1, 2].map(() => new Hand(mailbox));
      const puts: Promise<void>[] = [];
      for (const { put = 0, pull, max = 1, ack, count, leave } of steps as readonly Step[]) {
        for (let i = 0; i < put; i++) puts.push(mailbox.put(puts.length, 1));
        const inHands = hands.flatMap((hand) => hand.numbers);
        if (pull !== undefined && mailbox.size > inHands.length) await hands[pull]?.pull(max);
        if (leave !== undefined) await hands[leave]?.leave();
        const held = hands.flatMap((hand) => hand.batches);
        if (ack !== undefined && held.length > 0) held[ack % held.length]?.ack(count);
        const numbers = hands.flatMap((hand) => hand.numbers);
        expect(new Set(numbers).size).toBe(numbers.length);
        expect(heard).toEqual(Array.from(heard.keys()));
        expect(mailbox.size).toBeLessThanOrEqual(ROOM);
      }
      for (const hand of hands) await hand.leave();
      const rest = mailbox.batches();
      while (mailbox.size > 0) await Promise.race([rest.next(), Promise.all(puts).then(() => {})]);
      await Promise.all(puts);
      expect(heard).toEqual(Array.from(puts.keys()));
    }),
    { numRuns: 500 },
  );
});

/** Reads, and checks that what it acknowledges leaves nothing out. */
class Reader {
  /** The next number that has to come, or be counted by a gap. */
  next = 0;
  messages = 0;
  missed = 0;
  held = 0;
  #batches: AsyncIterator<Batch<number>> | undefined;
  #batch: Batch<number> | undefined;

  constructor(readonly mailbox: Mailbox<number>) {}

  async pull(max: number): Promise<boolean> {
    this.#acknowledge();
    this.#batches ??= this.mailbox.batches({ max });
    const { done, value } = await this.#batches.next();
    if (done) return false;
    this.#batch = value;
    this.held = value.messages.filter((message) => typeof message === 'number').length;
    return true;
  }

  async drain(): Promise<void> {
    await expect(
      (async () => {
        while (await this.pull(1)) expect(this.held).toBeLessThanOrEqual(1);
      })(),
    ).rejects.toThrow('the end');
  }

  async leave(): Promise<void> {
    this.#batch = undefined;
    this.held = 0;
    await this.#batches?.return?.();
    this.#batches = undefined;
  }

  #acknowledge(): void {
    for (const message of this.#batch?.messages ?? []) {
      if (message instanceof StreamError) {
        this.next += Number(message.details.missed);
        this.missed += Number(message.details.missed);
      } else {
        expect(message).toBe(this.next++);
        this.messages++;
      }
    }
    this.#batch = undefined;
    this.held = 0;
  }
}

/** One of several who take, and acknowledge by hand. */
class Hand {
  batches: Taken[] = [];
  #iteration: AsyncIterator<Batch<number>> | undefined;

  constructor(readonly mailbox: Mailbox<number>) {}

  get numbers(): number[] {
    return this.batches.flatMap(({ numbers }) => numbers);
  }

  async pull(max: number): Promise<void> {
    this.#iteration ??= this.mailbox.batches({ ack: 'manual', max });
    const { value } = await this.#iteration.next();
    this.batches.push(new Taken(value));
  }

  async leave(): Promise<void> {
    this.batches = [];
    await this.#iteration?.return?.();
    this.#iteration = undefined;
  }
}

/** A batch, with what of it is not acknowledged. */
class Taken {
  numbers: number[];
  #acknowledged = 0;

  constructor(readonly batch: Batch<number>) {
    this.numbers = [...(batch.messages as readonly number[])];
  }

  /** The first `count` of the batch. */
  ack(count = this.batch.messages.length): void {
    this.batch.ack(count);
    const newly = Math.max(0, count - this.#acknowledged);
    this.#acknowledged += newly;
    this.numbers.splice(0, newly);
  }
}
