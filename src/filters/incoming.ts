/**
 * Messages of wire format 1 go to the worker as they are, by transfer; what comes back is which of their events need not be decoded here.
 * Of the page's time that takes a third of what decoding all headers and sending metadata takes (`npm run bench filters`).
 */
import { StreamError } from '../errors.js';
import type { InlineEvent, Metadata, StreamEvent } from '../events.js';
import type { Verdict } from '../filter.js';
import type { Arrival, Codec, Filter, Message } from '../protocols.js';
import type { FilterWorker } from './filter-worker.js';
import { type Ask, after, type Cost } from './judge.js';
import { type Question, readAnswers } from './question.js';

/** A question is about messages of so many bytes together, near enough. */
const ASK_BYTES = 2 ** 15;
/** A longer message would keep the worker too long: the page reads it, and asks about its metadata. */
const MOST_BYTES = 2 ** 20;

/** Stands for each event that was dropped undecoded. */
const DROPPED: InlineEvent = { type: 'inline', metadata: {}, object: undefined };

interface Eye {
  readonly incoming: NonNullable<Filter['incoming']>;
  /** Knows the answers about what `incoming` has read. */
  readonly ask: Ask;
}

export function openEye(worker: FilterWorker, question: () => Question, cost: Cost): Eye {
  const known = new WeakMap<Metadata, Verdict>([[DROPPED.metadata, true]]);
  return {
    async incoming(messages, codec) {
      if (codec.wire1 !== codec.decode || worker.report.status === 'page') return messages;
      const started = performance.now();
      const read = [...messages];
      await Promise.all(groups(messages).map((group) => look(group, read, codec)));
      cost.ms += performance.now() - started;
      return read;
    },
    ask(metadata) {
      const open = metadata.filter((facts) => !known.has(facts));
      return after(open.length > 0 ? worker.ask(question(), open) : [], (answers) => {
        const next = answers.values();
        return metadata.map((facts) => {
          const answer = known.get(facts);
          // Whoever asks again after an error wants another answer.
          if (answer instanceof StreamError) known.delete(facts);
          return answer ?? (next.next().value as Verdict);
        });
      });
    },
  };

  /** What cannot be read is left to whoever reads it next, and says what is wrong. */
  async function look(group: readonly number[], read: Arrival[], codec: Codec): Promise<void> {
    const messages = group.map((index) => read[index] as Message);
    const reply = await worker.request(question(), { messages: messages.map(({ payload }) => payload) });
    const failure = reply instanceof StreamError ? reply : undefined;
    const layouts = reply instanceof StreamError ? [] : (reply.layouts ?? []);
    const answers = readAnswers(
      reply,
      layouts.reduce((sum, layout) => sum + countOf(layout), 0),
    ).values();
    for (const [i, { payload, topic }] of messages.entries()) {
      const layout = layouts[i];
      const verdicts = Array.from({ length: countOf(layout) }, () => answers.next().value as Verdict);
      if (!layout && !failure) continue;
      const gone = verdicts.map((verdict, n) => verdict === true && isInline(payload, layout?.[n + 1] as number));
      try {
        const batch = codec.decode(layout && gone.includes(true) ? without(payload, layout, gone) : payload, topic);
        const left = batch.events.values();
        const events = [...gone.map((isGone) => (isGone ? DROPPED : (left.next().value as StreamEvent))), ...left];
        for (const [n, event] of events.entries()) {
          const verdict = failure ?? verdicts[n];
          if (event.type !== 'end' && verdict !== undefined) known.set(event.metadata, verdict);
        }
        read[group[i] as number] = { ...batch, events };
      } catch {}
    }
  }
}

function groups(messages: readonly Arrival[]): number[][] {
  const all: number[][] = [];
  let room = 0;
  for (const [index, { payload }] of (messages as readonly Partial<Message>[]).entries()) {
    if (!payload || payload.length > MOST_BYTES) continue;
    if (room <= 0) {
      all.push([]);
      room = ASK_BYTES;
    }
    all.at(-1)?.push(index);
    room -= payload.length;
  }
  return all;
}

function countOf(layout: Uint32Array | undefined): number {
  return Math.max(0, (layout?.length ?? 0) - 2);
}

/** An event by reference is read though it is dropped, for its object has to be removed. */
function isInline(message: Uint8Array, at: number): boolean {
  return (message[at] as number) >> 4 === 9 && message[at + 1] === 0;
}

/** The message, as if these events had never been in it. */
function without(message: Uint8Array, layout: Uint32Array, gone: readonly boolean[]): Uint8Array {
  const [list = 0] = layout;
  const short = new Uint8Array(message.length + 5);
  short.set(message.subarray(0, list));
  let at = list + 5;
  let left = 0;
  for (const [n, isGone] of gone.entries()) {
    if (isGone) continue;
    const record = message.subarray(layout[n + 1], layout[n + 2]);
    short.set(record, at);
    at += record.length;
    left++;
  }
  short[list] = 0xdd;
  new DataView(short.buffer).setUint32(list + 1, left);
  const rest = message.subarray(layout.at(-1));
  short.set(rest, at);
  return short.slice(0, at + rest.length);
}
