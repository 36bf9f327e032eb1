/** One topic of a producer: into the room, past the filter, into line. */
import { StreamError, TopicClosedError } from './errors.js';
import type { Metadata } from './events.js';
import type { Judge, Verdict } from './filter.js';
import type { Outgoing, OutgoingBatch, Waiter } from './outgoing-batch.js';
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
  /** Settles as `StreamProducer.send` says. */
  send(object: T, metadata: Metadata, evict: Lifetime, signal: AbortSignal | undefined): Promise<void>;
  /** Publishes what was sent before, and, if told to, the end of the stream behind it, once. Rejects with the first failure, which leaves everything in line. */
  flush(signal?: AbortSignal, end?: boolean): Promise<void>;
  /** Throws `TopicClosedError` once an end is on its way. */
  checkOpen(): void;
  /** Gives up what could not be published, and what the filter still looks at. */
  abandon(reason: StreamError): Promise<unknown>;
}

export function openTopic<T>(settings: TopicSettings<T>): TopicStream<T> {
  const { topic, aggregator, store, outlet, room, stats, lingerMs, judge, onError, relieve } = settings;
  const line = openLine(settings);
  let ended = false;
  let unjudged: Step[] = [];
  let judging = false;
  let linger: ReturnType<typeof setTimeout> | undefined;
  let abandoned: StreamError | undefined;

  return {
    hurry: line.hurry,
    checkOpen() {
      if (ended) throw new TopicClosedError(topic);
    },
    send(object, metadata, evict, signal) {
      // Encoded at once where it can be: the object may change afterwards, and one that cannot be encoded is its sender's error alone.
      const encoded = aggregator || store ? undefined : outlet.encodeEvent({ type: 'inline', metadata, object });
      const bytes = (encoded as Uint8Array | undefined)?.length ?? roughBytes(encoded ?? object);
      const entry: Outgoing<T> = { object, metadata, evict, encoded, bytes, load: store?.loadOf?.(object) ?? bytes };
      let batch: OutgoingBatch<T> | undefined;
      const arrive = (waiter: Waiter) => {
        batch = buffer(entry, waiter);
      };
      return pass(signal, arrive, entry, () => batch && line.takeBack(entry, batch));
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
      if (end) line.end();
      line.flush().then(resolve, reject);
    });
  }

  /**
   * Calls `arrive` once there is room, the filter lets the entry pass, and everything before it has arrived. A mark takes no room to speak of, but its
   * place in line for it: then nothing sent earlier can be behind it.
   */
  function pass(
    signal: AbortSignal | undefined,
    arrive: (waiter: Waiter) => void,
    entry?: Outgoing<T>,
    onAbort?: () => void,
  ): Promise<void> {
    let step: Step | undefined;
    const passing = new Promise<void>((resolve, refuse) => {
      signal?.throwIfAborted();
      const { bytes = 0, metadata } = entry ?? {};
      const decide = (verdict: Verdict) => {
        const arrives = verdict === false && !(entry && signal?.aborted);
        if (arrives) arrive({ resolve, reject: refuse });
        if (!arrives || !entry) room.leave(1, bytes);
        if (verdict instanceof StreamError) return refuse(verdict);
        if (verdict) stats.dropped++;
        if (!arrives) resolve();
      };
      const here: Step = { bytes, metadata, decide, refuse, admit: () => look(here) };
      step = here;
      if (!room.enter(here)) relieve();
    });
    return unlessAborted(passing, signal, () => {
      if (step) room.giveUp(step);
      onAbort?.();
    });
  }

  function look(step: Step): void {
    if (judge) {
      unjudged.push(step);
      if (!judging) void judgeAll(judge);
    } else step.decide(abandoned ?? false);
  }

  async function judgeAll(ask: Judge): Promise<void> {
    judging = true;
    while (unjudged.length > 0) {
      const steps = unjudged;
      unjudged = [];
      const answer = ask(steps.map(({ metadata }) => metadata));
      const verdicts = answer instanceof Promise ? await answer : answer;
      for (const [i, { decide }] of steps.entries()) decide(abandoned ?? (verdicts[i] as Verdict));
    }
    judging = false;
  }

  /** The batch that its sender waits for, if it does. */
  function buffer(entry: Outgoing<T>, waiter: Waiter): OutgoingBatch<T> | undefined {
    const batch = line.add(entry);
    if (batch.due) {
      if (linger) clearTimeout(linger);
      linger = undefined;
      entry.waiter = waiter;
      return batch;
    }
    waiter.resolve();
    if (room.waiting > 0) line.hurry();
    else if (lingerMs !== undefined) linger ??= setTimeout(overdue, lingerMs);
    return undefined;
  }

  function overdue(): void {
    linger = undefined;
    flush().catch(onError);
  }
}
