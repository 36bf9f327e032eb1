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

/** What moves past the filter: an event, or (without metadata) a mark behind all events before it. */
interface Step extends Guest {
  readonly metadata: Metadata | undefined;
  decide(verdict: Verdict): void;
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
  const unjudged: Step[] = [];
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
      return pass(signal, (waiter) => buffer(entry, waiter), entry);
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
    return pass(signal, ({ resolve, reject }) => {
      line.flush(end).then(resolve, reject);
      room.leave(1, 0);
    });
  }

  /**
   * Calls `arrive` once there is room, the filter lets the entry pass, and everything before it has arrived. A mark takes no room to speak of, but its
   * place in line for it: then nothing sent earlier can be behind it.
   */
  function pass(signal: AbortSignal | undefined, arrive: (waiter: Waiter) => void, entry?: Outgoing<T>): Promise<void> {
    let step!: Step;
    const passing = new Promise<void>((resolve, reject) => {
      signal?.throwIfAborted();
      const { bytes = 0, metadata } = entry ?? {};
      const decide = (verdict: Verdict) => {
        if (verdict === false && !(entry && signal?.aborted)) return arrive({ resolve, reject });
        room.leave(1, bytes);
        if (verdict instanceof StreamError) return reject(verdict);
        if (verdict) stats.dropped++;
        resolve();
      };
      step = { bytes, metadata, decide, refuse: reject, admit: () => look(step) };
      if (!room.enter(step)) relieve();
    });
    return unlessAborted(passing, signal, () => {
      room.giveUp(step);
      if (entry?.waiter) line.takeBack(entry);
    });
  }

  function look(step: Step): void {
    if (judge) {
      unjudged.push(step);
      if (!judging) void judgeAll(judge);
    } else step.decide(false);
  }

  async function judgeAll(ask: Judge): Promise<void> {
    judging = true;
    while (unjudged.length > 0) {
      const steps = unjudged.splice(0);
      const answer = ask(steps.map(({ metadata }) => metadata));
      const verdicts = answer instanceof Promise ? await answer : answer;
      for (const [i, { decide }] of steps.entries()) decide(abandoned ?? (verdicts[i] as Verdict));
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
