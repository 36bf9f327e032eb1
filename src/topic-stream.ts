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
  /** Somebody waits for room: everything leaves that can, of every topic. */
  readonly hurry: () => void;
}

/** A place behind all events before it, and whether the stream ends there. */
interface Mark extends Guest, Waiter {
  readonly end: boolean;
  readonly metadata?: undefined;
}

/** What moves past the filter. */
type Step<T> = Coming<T> & Waiter;
type Coming<T> = (Omit<Outgoing<T>, keyof Waiter> | Omit<Mark, keyof Waiter>) & { readonly signal: AbortSignal | undefined };

export interface TopicStream<T> extends Pick<PublishLine<T>, 'hurry'> {
  /** Settles, or throws, as `StreamProducer.send` says. */
  send(object: T, metadata: Metadata | undefined, evict: Lifetime, signal: AbortSignal | undefined): Promise<void>;
  /**
   * Publishes what was sent before, and, if told to, the end of the stream behind it, once. Rejects with the first failure, which leaves everything in
   * line. Throws the signal's reason.
   */
  flush(signal?: AbortSignal, end?: boolean): Promise<void>;
  /** Gives up what could not be published, and what the filter still looks at. */
  close(reason: StreamError): Promise<unknown>;
}

export function openTopic<T>(settings: TopicSettings<T>): TopicStream<T> {
  const { topic, aggregator, store, codec, room, stats, judge, hurry } = settings;
  const line = openLine(settings);
  let ended = false;
  const unjudged: Step<T>[] = [];
  let abandoned: StreamError | undefined;

  return {
    hurry: line.hurry,
    send(object, facts, evict, signal) {
      if (ended) throw new TopicClosedError(topic);
      signal?.throwIfAborted();
      const metadata = copy(facts);
      // Encoded at once where it can be: the object may change afterwards, and one that cannot be encoded is its sender's error alone.
      const encoded = aggregator || store ? undefined : codec.encodeEvent({ type: 'inline', metadata, object });
      const bytes = (encoded as Uint8Array | undefined)?.length ?? roughBytes(encoded ?? object);
      return pass({ object, metadata, evict, encoded, bytes, load: store?.loadOf?.(object) ?? bytes, signal, admit });
    },
    flush,
    close(reason) {
      abandoned = reason;
      return line.close(reason);
    },
  };

  function flush(signal?: AbortSignal, end = false): Promise<void> {
    signal?.throwIfAborted();
    ended ||= end;
    return pass({ end, bytes: 0, signal, admit });
  }

  /**
   * Into the room, past the filter, and then into line, behind everything that passed before. A mark takes no room to speak of, but its place in line
   * for it: then nothing sent earlier can be behind it.
   */
  function pass(coming: Coming<T>): Promise<void> {
    const step = coming as Step<T>;
    const { signal } = step;
    const passing = new Promise<void>((resolve, reject) => {
      step.resolve = resolve as Waiter['resolve'];
      step.reject = reject;
    });
    if (!room.enter(step)) hurry();
    return signal ? unlessAborted(passing, signal, () => giveUp(step)) : passing;
  }

  function admit(this: Step<T>): void {
    if (!judge) decide(this, false);
    else if (unjudged.push(this) === 1) void judgeAll(judge);
  }

  function giveUp(step: Step<T>): void {
    room.giveUp(step);
    if (step.waits) line.giveUp(step as Outgoing<T>);
  }

  function decide(step: Step<T>, verdict: Verdict): void {
    if (verdict instanceof StreamError) step.reject(verdict);
    else if ('end' in step) line.flush(step.end).then(step.resolve, step.reject);
    else if (!verdict && !step.signal?.aborted) {
      line.add(step);
      return;
    } else {
      if (verdict) stats.dropped++;
      step.resolve();
    }
    // Last: who comes in next is behind this.
    room.leave(1, step.bytes);
  }

  async function judgeAll(ask: Judge): Promise<void> {
    while (unjudged.length > 0) {
      for (const verdict of await ask(unjudged.map(({ metadata }) => metadata))) {
        decide(unjudged[0] as Step<T>, abandoned ?? verdict);
        // Only now: who comes in meanwhile must not ask beside this.
        unjudged.shift();
      }
    }
  }
}

/** Later changes of the caller's must not show, however deep. */
function copy(metadata: Metadata | undefined): Metadata {
  const facts: Record<string, unknown> = { ...metadata };
  try {
    for (const name in facts) if (typeof facts[name] === 'object') facts[name] = structuredClone(facts[name]);
  } catch (error) {
    throw toStreamError(error, 'not_encodable', 'Structured clone refuses metadata');
  }
  return facts;
}
