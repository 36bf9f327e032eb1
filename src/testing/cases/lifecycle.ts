/** The beginning and the end of publishers and subscribers. */
import { StreamError } from '../../errors.js';
import { equal, failsWith, failure, inTime, ok } from '../expect.js';
import { equalNumbers, numbered, range, sendNumbers } from '../numbers.js';
import { iterate } from '../scene.js';
import type { ShimSupport } from '../shim.js';
import type { Case } from './case.js';

export function lifecycle({ redelivers }: ShimSupport): readonly Case[] {
  return [...PUBLISHER, ...SUBSCRIBER, ...(redelivers ? [CANCELLED_WAIT] : [])];
}

const PUBLISHER: readonly Case[] = [
  {
    does: 'delivers what is sent before the publisher has connected',
    async plays(scene) {
      const reader = await scene.reader();
      const sender = await scene.sender();
      const sent = sendNumbers(sender, scene.topic(), range(3));
      equalNumbers(await reader.take(3), range(3));
      await sent;
    },
  },
  {
    does: 'refuses to send after close',
    async plays(scene) {
      const sender = await scene.sender();
      await sender.close();
      await failsWith('closed', () => sender.send(scene.topic(), numbered(1)), 'send after close');
    },
  },
  {
    does: 'closes a publisher twice, used or not, and at once',
    async plays(scene) {
      const [used, unused] = await Promise.all([scene.sender(), scene.sender()]);
      const reader = await scene.reader();
      await used.send(scene.topic(), numbered(1));
      await reader.take(1);
      await Promise.all([used.close(), used.close(), unused.close()]);
      await Promise.all([used.close(), unused.close()]);
    },
  },
  {
    does: 'closes a publisher that was never used when it is disposed of',
    async plays(scene) {
      const publisher = await scene.publisher();
      await publisher[Symbol.asyncDispose]();
      const send = () =>
        'send' in publisher
          ? publisher.send(scene.topic(), numbered(1))
          : publisher.sendEvents({ topic: scene.topic(), stores: [], events: [] });
      await failsWith('closed', send, 'send after disposal');
    },
  },
  {
    does: 'settles every send that is under way when the publisher closes',
    async plays(scene) {
      const sender = await scene.sender();
      const sends = range(200).map((n) => sender.send(scene.topic(), numbered(n)));
      const outcomes = Promise.allSettled(sends);
      await inTime(sender.close(), 'close() has not settled');
      for (const outcome of await inTime(outcomes, 'a send has not settled')) {
        const why = outcome.status === 'rejected' && (outcome.reason instanceof StreamError ? outcome.reason.code : outcome.reason);
        ok(why === false || why === 'closed', `a send to succeed or to reject with closed, got ${why}`);
      }
    },
  },
  {
    does: 'sends nothing with a signal that is aborted already',
    async plays(scene) {
      const reader = await scene.reader();
      const sender = await scene.sender();
      const reason = new Error('given up');
      const error = await failure(() => sender.send(scene.topic(), numbered(1), { signal: AbortSignal.abort(reason) }), 'an aborted send');
      equal(error === reason, true, "the rejection is the signal's reason");
      await sender.send(scene.topic(), numbered(2));
      equalNumbers(await reader.take(1), [2]);
    },
  },
];

const SUBSCRIBER: readonly Case[] = [
  {
    does: 'ends an iteration that waits when the subscriber closes',
    async plays(scene) {
      const reader = await scene.reader();
      const pending = reader.next();
      await reader.subscriber.close();
      equal((await pending).done, true, 'done');
      equal((await reader.next()).done, true, 'done');
    },
  },
  {
    does: 'ends an iteration that begins after close at once',
    async plays(scene) {
      const subscriber = await scene.unready(scene.topic());
      await subscriber.close();
      const next = await inTime(subscriber[Symbol.asyncIterator]().next(), 'the iteration has not ended');
      equal(next.done, true, 'done');
    },
  },
  {
    does: 'closes a subscriber twice, read from or not, and at once',
    async plays(scene) {
      const used = await scene.subscriber(scene.topic());
      const unused = await scene.unready(scene.topic());
      await Promise.all([used.close(), used.close(), unused.close()]);
      await Promise.all([used.close(), unused[Symbol.asyncDispose]()]);
    },
  },
  {
    does: 'ends a loop that closes its own subscriber',
    async plays(scene) {
      const reader = await scene.reader();
      const sender = await scene.sender();
      await sendNumbers(sender, scene.topic(), range(3));
      await reader.take(1);
      await reader.subscriber.close();
      equal((await reader.next()).done, true, 'done');
    },
  },
  {
    does: 'delivers to the others when one subscriber closes',
    async plays(scene) {
      const [one, other] = await Promise.all([scene.reader(), scene.reader()]);
      const sender = await scene.sender();
      await one.subscriber.close();
      await sendNumbers(sender, scene.topic(), range(5));
      equalNumbers(await other.take(5), range(5));
    },
  },
];

const CANCELLED_WAIT: Case = {
  does: "ends a wait with its signal's reason, and delivers what comes afterwards to the next",
  async plays(scene) {
    const subscriber = await scene.batchSubscriber();
    const giveUp = new AbortController();
    const pending = iterate(subscriber, { signal: giveUp.signal }).next();
    const reason = new Error('given up');
    giveUp.abort(reason);
    equal((await failure(() => pending, 'the wait')) === reason, true, "the rejection is the signal's reason");
    const sender = await scene.sender();
    await sender.send(scene.topic(), numbered(1));
    const { value } = await inTime(iterate(subscriber).next(), 'no batch arrived');
    equal(value?.messages.length, 1, 'messages');
  },
};
