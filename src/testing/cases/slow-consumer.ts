/** A consumer that is slower than its publishers costs bounded memory; what that means for the messages is as declared. */
import { StreamError } from '../../errors.js';
import type { EventBatch } from '../../events.js';
import type { Batch, Message } from '../../protocols.js';
import { equal, inTime, ok, until } from '../expect.js';
import { equalNumbers, numberOf, range, sendNumbers } from '../numbers.js';
import { contents } from '../reader.js';
import { type Iteration, iterate, type Scene } from '../scene.js';
import type { ShimSupport } from '../shim.js';
import type { Case } from './case.js';

const ROOM = 10;
const SENT = 100;

export function slowConsumer({ holds, redelivers }: ShimSupport): readonly Case[] {
  if (!redelivers) return [];
  return holds ? HELD : [...(['drop-oldest', 'drop-newest'] as const).map(drops), FAILS];
}

const HELD: readonly Case[] = [
  {
    does: 'holds back what a slow consumer has no room for, and loses nothing',
    buffer: { maxMessages: ROOM },
    plays: (scene) =>
      readSlowly(scene, 0, (payloads) => ok(payloads.length <= ROOM, `at most ${ROOM} messages at once, got ${payloads.length}`)),
  },
  {
    does: 'holds back what a slow consumer has no room for in bytes, and loses nothing',
    buffer: { maxBytes: 10_500 },
    plays: (scene) =>
      readSlowly(scene, 1000, (payloads) => ok(payloads.length <= ROOM, `at most ${ROOM} messages at once, got ${payloads.length}`)),
  },
];

/** Everything it was given, unacknowledged, is in one batch: the bound of what it keeps. */
async function readSlowly(scene: Scene, padding: number, check: (payloads: readonly Uint8Array[]) => void): Promise<void> {
  const subscriber = await scene.batchSubscriber(scene.topic(), { session: scene.root });
  const iteration = iterate(subscriber);
  const sent = sendNumbers(await scene.sender(), scene.topic(), range(SENT), padding);
  const seen = new Set<number>();
  while (seen.size < SENT) {
    const { value } = await inTime(iteration.next(), `no more arrived after ${seen.size} of ${SENT} messages`);
    check(contents(value));
    // A wire that promises "at least once" may repeat, but brings nothing new out of turn.
    for (const payload of contents(value)) seen.add(numberOf(payload));
  }
  const arrived = scene.supports.overtakes ? [...seen].sort((a, b) => a - b) : [...seen];
  equal(arrived, range(SENT), 'numbers in the order of their first arrival');
  await sent;
}

function drops(overflow: 'drop-oldest' | 'drop-newest'): Case {
  const oldest = overflow === 'drop-oldest';
  return {
    does: `keeps the ${oldest ? 'newest' : 'oldest'} with '${overflow}', counts the others, and says where they are missing`,
    buffer: { maxMessages: ROOM, overflow },
    async plays(scene) {
      const subscriber = await fill(scene, SENT - ROOM);
      const [kept, missing] = await readAll(iterate(subscriber));
      ok(kept.length > 0 && kept.length <= ROOM, `1 to ${ROOM} messages to be kept, got ${kept.length}`);
      equal(kept, range(kept.length, oldest ? SENT - kept.length : 0), 'numbers that were kept');
      equal(missing, [{ after: oldest ? 0 : kept.length, missed: SENT - kept.length }], 'gaps');
      equal(await droppedBy(subscriber), SENT - kept.length, 'dropped');
    },
  };
}

/** Everything sent, either as a number or as a gap after so many of them. */
async function readAll(iteration: Iteration) {
  const kept: number[] = [];
  const missing: { readonly after: number; readonly missed: number }[] = [];
  while (kept.length + missing.reduce((sum, { missed }) => sum + missed, 0) < SENT) {
    const { value } = await inTime(iteration.next(), `of ${SENT} messages, only ${kept.length} arrived or are said to be missing`);
    for (const message of (value as Batch<Message | EventBatch>).messages) {
      if (message instanceof StreamError) missing.push({ after: kept.length, missed: Number(message.details.missed) });
      else kept.push(...contents({ messages: [message] }).map(numberOf));
    }
  }
  return [kept, missing] as const;
}

const FAILS: Case = {
  does: "fails with 'error' once it is full, after what it had kept",
  buffer: { maxMessages: ROOM, overflow: 'error' },
  async plays(scene) {
    const iteration = iterate(await fill(scene, 1));
    const { value } = await inTime(iteration.next(), 'no batch arrived');
    equalNumbers(contents(value), range(ROOM));
    const error = await inTime(
      iteration.next().catch((reason: unknown) => reason),
      'the iteration has not failed',
    );
    equal(error instanceof StreamError ? error.code : error, 'overflow', 'failure');
  },
};

/** A subscriber that read nothing until it had dropped so many. */
async function fill(scene: Scene, dropped: number) {
  const subscriber = await scene.batchSubscriber();
  await sendNumbers(await scene.sender(), scene.topic(), range(SENT));
  await until(async () => (await droppedBy(subscriber)) >= dropped, `subscriber.dropped to become ${dropped}`);
  return subscriber;
}

async function droppedBy(subscriber: object): Promise<number> {
  ok('dropped' in subscriber, 'the subscriber to count what it dropped in `dropped`');
  // Of a subscriber that is far away it is a promise.
  return (subscriber as { dropped: number | Promise<number> }).dropped;
}
