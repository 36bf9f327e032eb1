/** One topic of a producer: into the room, past the filter, into line. */
import { StreamError, TopicClosedError, toStreamError } from './errors.js';
import type { Metadata } from './events.js';
import type { Judge, Verdict } from './filter.js';
import type { Outgoing, Waiter } from './outgoing-batch.js';
import type { Lifetime } from './protocols.js';
import { type LineSettings, openLine, type PublishLine } from './publish-line.js';
import type { Guest } from './room.js';
import { roughBytes } from './rough-bytes.js';
import { unlessAborted } from './unless-aborted.js';

export interface TopicSettings<T> extends LineSettings<T> {
  /** Nothing where everything passes. */
  readonly judge: Judge | undefined;
  readonly lingerMs?: number | undefined;
  /** Somebody waits for room: everything leaves that can. */
  readonly relieve: () => void;
}

/** What moves past the filter: an event, or (without one) a mark behind all events before it. And who waits for it. */
interface Step<T> extends Guest, Waiter {
  readonly entry: Outgoing<T> | undefined;
  readonly signal: AbortSignal | undefined;
  /** Of a mark: the stream ends there. */
  readonly end: boolean;
}

export interface TopicStream<T> extends Pick<PublishLine<T>, 'hurry'> {
  /** Settles, or throws, as `StreamProducer.send` says. */
  send(object: T, metadata: Metadata | undefined, evict: Lifetime, signal: AbortSignal | undefined): Promise<void>;
  /** Publishes what was sent before, and, if told to, the end of the stream behind it, once. Rejects with the first failure, which leaves everything in line. */
  flush(signal?: AbortSignal, end?: boolean): Promise<void>;
  /** Gives up what could not be published, and what the filter still looks at. */
  abandon(reason: StreamError): Promise<unknown>;
}

export function openTopic<T>(settings: TopicSettings<T>): TopicStream<T> {
  const { topic, aggregator, store, outlet, room, stats, lingerMs, judge, onError, relieve } = settings;
  const line = openLine(settings);
  let ended = false;
  const unjudged: Step<T>[] = [];
  let judging = false;
  let linger: ReturnType<typeof setTimeout> | undefined;
  let abandoned: StreamError | undefined;

  return {
    hurry: line.hurry,
    send(object, facts, evict, signal) {
      if (ended) throw new TopicClosedError(topic);
      signal?.throwIfAborted();
      const metadata = copy(facts);
      // Encoded at once where it can be: the object may change afterwards, and one that cannot be encoded is its sender's error alone.
      const encoded = aggregator || store ? undefined : outlet.encodeEvent({ type: 'inline', metadata, object });
      const bytes = (encoded as Uint8Array | undefined)?.length ?? roughBytes(encoded ?? object);
      const entry: Outgoing<T> = { object, metadata, evict, encoded, bytes, load: store?.loadOf?.(object) ?? bytes };
      return pass(signal, entry);
    },
    flush,
    abandon(reason) {
      clearTimeout(linger);
      abandoned = reason;
      return line.abandon(reason);
    },
  };

  function flush(signal?: AbortSignal, end = false): Promise<void> {
    ended ||= end;
    return pass(signal, undefined, end);
  }

  /**
   * Into the room, past the filter, and then into line, behind everything that passed before. A mark takes no room to speak of, but its place in line
   * for it: then nothing sent earlier can be behind it.
   */
  function pass(signal: AbortSignal | undefined, entry?: Outgoing<T>, end = false): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    let step!: Step<T>;
    const passing = new Promise<void>((resolve, reject) => {
      step = { entry, signal, end, bytes: entry?.bytes ?? 0, resolve, reject, admit };
    });
    if (!room.enter(step)) relieve();
    return signal ? unlessAborted(passing, signal, () => giveUp(step)) : passing;
  }

  function admit(this: Step<T>): void {
    if (judge) {
      unjudged.push(this);
      if (!judging) void judgeAll(judge);
    } else decide(this, false);
  }

  function giveUp(step: Step<T>): void {
    room.giveUp(step);
    if (step.entry?.waiter) line.takeBack(step.entry);
  }

  function decide(step: Step<T>, verdict: Verdict): void {
    const { entry, signal, end, bytes, resolve, reject } = step;
    const passes = verdict === false && !(entry && signal?.aborted);
    if (passes && entry) {
      buffer(entry, step);
      return;
    }
    if (passes) line.flush(end).then(() => resolve(), reject);
    else if (verdict instanceof StreamError) reject(verdict);
    else {
      if (verdict) stats.dropped++;
      resolve();
    }
    // Last: who comes in next is behind this.
    room.leave(1, bytes);
  }

  async function judgeAll(ask: Judge): Promise<void> {
    judging = true;
    while (unjudged.length > 0) {
      const steps = unjudged.splice(0);
      const answer = ask(steps.map(({ entry }) => entry?.metadata));
      const verdicts = answer instanceof Promise ? await answer : answer;
      for (const [i, step] of steps.entries()) decide(step, abandoned ?? (verdicts[i] as Verdict));
    }
    judging = false;
  }

  /** Its sender waits for its batch if that is due. */
  function buffer(entry: Outgoing<T>, waiter: Waiter): void {
    if (line.add(entry)) {
      if (linger) clearTimeout(linger);
      linger = undefined;
      entry.waiter = waiter;
      return;
    }
    waiter.resolve();
    if (room.waiting > 0) line.hurry();
    else if (lingerMs !== undefined) linger ??= setTimeout(overdue, lingerMs);
  }

  function overdue(): void {
    linger = undefined;
    flush().catch(onError);
  }
}

/** Later changes of the caller's must not show, however deep. */
function copy(metadata: Metadata | undefined): Metadata {
  const facts: Record<string, unknown> = { ...metadata };
  try {
    for (const name in facts) if (typeof facts[name] === 'object') facts[name] = structuredClone(facts[name]);
  } catch (error) {
    throw toStreamError(error, 'not_encodable', 'Structured clone refuses the metadata');
  }
  return facts;
}
