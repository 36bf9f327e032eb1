/** What goes on at a pump as long as its outbox or inbox is open. */
import { Bell } from '../bell.js';
import type { StreamError } from '../errors.js';
import type { Judge } from '../filter.js';
import type { AnySubscriber, EventPublisher, Publisher } from '../protocols.js';
import { Drain } from './drain.js';
import { type Closable, Inner } from './inner.js';
import type { Job } from './pump.js';
import { Receiving } from './receive.js';
import { serve, type Term } from './tenure.js';

/** Sends what an outbox holds. Rejects when the inner publisher has failed for good. */
export function send(job: Job<Publisher | EventPublisher>): Promise<void> {
  const inner = new Inner(job.given, job.first);
  const drain = new Drain(job.parts, job.lane, inner);
  return pump(job, inner, (term) => drain.work(term));
}

/** Stores what an inbox receives. Rejects when the inner subscriber has failed for good. */
export function receive(job: Job<AnySubscriber>, judges: Judge | undefined): Promise<void> {
  const inner = new Inner(job.given, job.first);
  const receiving = new Receiving(job.parts, job.lane, inner, judges);
  return pump(job, inner, (term) => receiving.work(term));
}

/** Settles once the tab that receives for this inbox is ready, or `running` is over. */
export async function ready({ parts: { bell }, lane, signal }: Job<AnySubscriber>, running: Promise<void>): Promise<void> {
  const answer = new Bell();
  const answered = answer.next(signal);
  const deaf = bell.on('ready', lane, () => answer.ring());
  const ask = () => bell.post('ready?', lane);
  const stop = bell.onRing(undefined, ask);
  ask();
  await Promise.race([answered, running]);
  stop();
  deaf();
}

async function pump<P extends Closable>(
  { parts, lane, first, signal }: Job<P>,
  inner: Inner<P>,
  work: (term: Term) => Promise<void>,
): Promise<void> {
  try {
    await serve(parts, `pump ${lane}`, signal, work);
  } catch (error) {
    parts.board.show(lane, { error: error as StreamError });
    throw error;
  } finally {
    // That one is closed with its outbox or inbox.
    if (inner.current !== first) await inner.close();
  }
}
