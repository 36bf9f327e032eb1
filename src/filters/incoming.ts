/**
 * Messages of wire format 1 go to the worker as they are, by transfer; what comes back is which of their events need not be decoded here.
 * Of the page's time that takes a third of what decoding all headers and sending metadata takes (`npm run bench filters`).
 */
import { StreamError } from '../errors.js';
import type { InlineEvent, Metadata } from '../events.js';
import type { Verdict } from '../filter.js';
import type { Arrival, Codec, Filter, Message } from '../protocols.js';
import type { FilterWorker } from './filter-worker.js';
import type { Ask, Cost } from './judge.js';
import { answerAt, fillIn, type Question } from './question.js';

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
      const settled = (facts: Metadata) => {
        const answer = known.get(facts);
        // Whoever asks again after an error wants another answer.
        if (answer instanceof StreamError) known.delete(facts);
        return answer;
      };
      return fillIn(metadata, settled, (open) => worker.ask(question(), open));
    },
  };

  /** What cannot be read is left to whoever reads it next, and says what is wrong. */
  async function look(group: readonly number[], read: Arrival[], codec: Codec): Promise<void> {
    const messages = group.map((index) => (read[index] as Message).payload);
    const reply = await worker.request(question(), { messages });
    let asked = 0;
    try {
      for (const [i, index] of group.entries()) {
        const left = reply instanceof StreamError ? { dropped: 0 } : reply.left?.[i];
        if (!left) continue;
        const { payload, topic } = read[index] as Message;
        const batch = codec.decode(left.message ?? payload, topic);
        for (const event of batch.events) if (event.type !== 'end') known.set(event.metadata, answerAt(reply, asked++));
        read[index] = { ...batch, events: [...Array(left.dropped).fill(DROPPED), ...batch.events] };
      }
    } catch {}
  }
}

function groups(messages: readonly Arrival[]): number[][] {
  const all: number[][] = [];
  let room = 0;
  for (const [index, message] of messages.entries()) {
    const bytes = (message as Partial<Message>).payload?.length ?? Number.POSITIVE_INFINITY;
    if (bytes > MOST_BYTES) continue;
    if (room <= 0) {
      all.push([]);
      room = ASK_BYTES;
    }
    room -= bytes;
    all.at(-1)?.push(index);
  }
  return all;
}
