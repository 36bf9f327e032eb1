import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StreamError } from './errors.js';
import { MemoryStore } from './fixtures/memory-store.js';
import { turn } from './fixtures/promises.js';
import { TestPublisher } from './fixtures/test-publisher.js';
import { StreamProducer } from './producer.js';

const TOPICS = ['t', 'u'] as const;
const topic = fc.constantFrom(...TOPICS);

type Step =
  | { readonly do: 'send'; readonly topic: string; readonly drop: boolean; readonly abortable: boolean }
  | { readonly do: 'flushTopic' | 'closeTopics'; readonly topic: string }
  | { readonly do: 'abort' | 'flush' | 'hold' | 'release' | 'fail' | 'recover' | 'wait' };

const send = fc.record({ do: fc.constant('send' as const), topic, drop: fc.boolean(), abortable: fc.boolean() });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: send },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('abort', 'flush', 'hold', 'release', 'fail', 'recover', 'wait') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('flushTopic', 'closeTopics'), topic }) },
);

interface Settings {
  readonly batchSize: number;
  readonly highWaterMark: number;
  readonly inFlight: number;
  readonly lateFilter: boolean;
  readonly stored: boolean;
}

const settings: fc.Arbitrary<Settings> = fc.record({
  batchSize: fc.integer({ min: 1, max: 4 }),
  highWaterMark: fc.integer({ min: 1, max: 8 }),
  inFlight: fc.integer({ min: 1, max: 3 }),
  lateFilter: fc.boolean(),
  stored: fc.boolean(),
});

interface Sent {
  readonly topic: string;
  readonly object: number;
  readonly dropped: boolean;
  readonly outcome: Promise<void>;
}

/** A publisher, a producer on it, and everything that was sent. */
class World {
  readonly publisher: TestPublisher;
  readonly store = new MemoryStore();
  readonly producer: StreamProducer<number>;
  readonly sent: Sent[] = [];
  readonly waits: Promise<unknown>[] = [];
  readonly #aborts: AbortController[] = [];
  readonly #stored: boolean;

  constructor({ batchSize, highWaterMark, inFlight, lateFilter, stored }: Settings) {
    this.publisher = new TestPublisher({ inFlight });
    this.#stored = stored;
    const filter = ({ drop }: { drop: boolean }) => (lateFilter ? Promise.resolve(drop) : drop);
    const stores = stored ? { defaultStore: this.store } : {};
    this.producer = new StreamProducer<number>(this.publisher, { batchSize, highWaterMark, filter, ...stores, onError: () => {} });
  }

  async run(step: Step): Promise<void> {
    if (step.do === 'send') this.#send(step);
    else if (step.do === 'flush') this.#expectToSettle(this.producer.flush());
    else if (step.do === 'flushTopic') this.#expectToSettle(this.producer.flushTopic(step.topic));
    else if (step.do === 'closeTopics') this.#expectToSettle(this.producer.closeTopics(step.topic));
    else if (step.do === 'abort') this.#aborts.pop()?.abort('enough');
    else if (step.do === 'hold') this.publisher.hold();
    else if (step.do === 'release') this.publisher.release();
    else await turn();
    // Only between turns: a publisher that takes several at once never takes a later one and fails an earlier one.
    if (step.do === 'fail') this.publisher.failure = new Error('away');
    if (step.do === 'recover') this.publisher.failure = undefined;
  }

  /** What came out on a topic. */
  published(topic: string): unknown[] {
    const contents = this.publisher.contents(topic);
    return this.#stored ? contents.map((key) => (key === 'end' ? key : this.store.objects.get(key as string))) : contents;
  }

  /** The objects that must, and those that may have come out, judged by how their sends ended. */
  async promised(topic: string): Promise<{ must: number[]; may: number[] }> {
    const must: number[] = [];
    const may: number[] = [];
    for (const { object, dropped, outcome } of this.sent.filter((one) => one.topic === topic)) {
      const reason = await outcome.then(
        () => undefined,
        (error) => error,
      );
      const notTaken = reason instanceof StreamError && ['overflow', 'topic_closed', 'closed'].includes(reason.code);
      if (dropped || notTaken) continue;
      may.push(object);
      if (reason !== 'enough') must.push(object);
    }
    return { must, may };
  }

  #send({ topic, drop, abortable }: Step & { do: 'send' }): void {
    const object = this.sent.length;
    const control = new AbortController();
    if (abortable) this.#aborts.push(control);
    const outcome = this.producer.send(topic, object, { metadata: { drop }, ...(abortable && { signal: control.signal }) });
    outcome.catch(() => {});
    this.sent.push({ topic, object, dropped: drop, outcome });
  }

  #expectToSettle(work: Promise<unknown>): void {
    this.waits.push(work.catch(() => {}));
  }
}

function isSubsequence(some: readonly unknown[], all: readonly unknown[]): boolean {
  let at = 0;
  for (const one of all) if (one === some[at]) at++;
  return at === some.length;
}

describe('whatever happens to a producer', () => {
  test('once its publisher is back, everything taken comes out once, in order, and one end behind it', async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.array(step, { maxLength: 60 }), async (options, steps) => {
        const world = new World(options);
        for (const step of steps) await world.run(step);
        await world.run({ do: 'recover' });
        await world.run({ do: 'release' });
        await world.run({ do: 'wait' });
        await world.producer.closeTopics(...TOPICS);
        await Promise.all(world.waits);
        for (const topic of TOPICS) {
          const { must, may } = await world.promised(topic);
          const published = world.published(topic);
          expect(published.pop()).toBe('end');
          expect(isSubsequence(must, published)).toBe(true);
          expect(isSubsequence(published, may)).toBe(true);
          expect(world.publisher.batches.filter((batch) => batch.topic === topic).map(({ seq }) => seq)).toEqual(
            world.publisher.messages(topic).map((_, i) => i),
          );
        }
        if (options.stored) expect(world.store.objects.size).toBe(world.published('t').length + world.published('u').length - 2);
      }),
      { numRuns: 400 },
    );
  });

  test('closing it settles everything, publishes nothing twice or out of order, and leaves no object behind', async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.array(step, { maxLength: 40 }), async (options, steps) => {
        const world = new World(options);
        for (const step of steps) await world.run(step);
        const closing = world.producer.close({ topics: TOPICS, timeoutMs: 1 }).then(
          () => true,
          () => false,
        );
        const complete = await closing;
        await Promise.all(world.waits);
        world.publisher.release();
        await turn();
        for (const topic of TOPICS) {
          const { must, may } = await world.promised(topic);
          const published = world.published(topic);
          if (complete) expect(published.pop()).toBe('end');
          expect(
            isSubsequence(
              published.filter((object) => object !== 'end'),
              may,
            ),
          ).toBe(true);
          if (complete) expect(isSubsequence(must, published)).toBe(true);
        }
        if (complete && options.stored)
          expect(world.store.objects.size).toBe(world.published('t').length + world.published('u').length - 2);
      }),
      { numRuns: 200 },
    );
  });
});
