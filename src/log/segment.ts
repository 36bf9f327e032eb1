/** Messages packed into one record, and read back from one that may have been damaged. */
import { StreamError, type StreamErrorData } from '../errors.js';
import type { Message, MessageProperties } from '../protocols.js';
import { FORMAT, type Offset, type SegmentRecord } from './records.js';

const utf8 = new TextEncoder();

/** What goes into a segment. Without a topic it is news: a `StreamErrorData` in JSON. */
export interface Content {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly properties?: MessageProperties | undefined;
}

/** A message with its place in the log. */
export interface LogMessage extends Message {
  readonly offset: Offset;
  /** When it was stored, in milliseconds since 1970. */
  readonly time: number;
}

/** A segment, wherever it will come to lie. */
export type Packed = Omit<SegmentRecord, 'first' | 'time'>;

export function packSegment(contents: readonly Content[]): Packed {
  const size = contents.reduce((sum, { payload }) => sum + payload.length, 0);
  const data = new Uint8Array(Math.ceil(size / 4) * 4);
  const index = new Uint32Array(contents.length * 2);
  const topics = new Map<string, number>();
  let properties: Record<number, MessageProperties> | undefined;
  let end = 0;
  for (let i = 0; i < contents.length; i++) {
    const { topic, payload, properties: extra } = contents[i] as Content;
    data.set(payload, end);
    end += payload.length;
    index[i * 2] = end;
    if (!topics.has(topic)) topics.set(topic, topics.size);
    index[i * 2 + 1] = topics.get(topic) as number;
    if (extra) properties = { ...properties, [i]: extra };
  }
  const names = [...topics.keys()];
  // The largest comes last: structured clone doubles its buffer at whatever it finds behind it.
  return {
    format: FORMAT,
    topics: names,
    checksum: checksum(data.buffer, index, names),
    index,
    ...(properties && { properties }),
    data: data.buffer,
  };
}

/** What a segment takes of the log's bytes, near enough. */
export function segmentBytes({ data, index, topics }: Packed): number {
  return 256 + data.byteLength + index.byteLength + topics.reduce((sum, topic) => sum + 2 * topic.length, 0);
}

/** False when it is damaged in whatever way: what the checksum covers is as it was written, of the kinds that it was. */
export function isSound(record: SegmentRecord | undefined, first: number, end: number): record is SegmentRecord {
  try {
    const { data, index, topics, first: own, time, checksum: sum } = record as SegmentRecord;
    return own === first && time >= 0 && index.length === (end - first) * 2 && checksum(data, index, topics) === sum;
  } catch {
    return false;
  }
}

/** The messages of a sound segment from this offset on, those whose topics match; news matches always. */
export function* messagesOf(
  record: SegmentRecord,
  epoch: string,
  from: number,
  matches: (topic: string) => boolean,
): Generator<{ readonly seq: number; readonly message: LogMessage | StreamError }> {
  const { first, time, data, index, topics, properties } = record;
  const wanted = topics.map((topic) => topic === '' || matches(topic));
  for (let i = Math.max(0, from - first); i < index.length / 2; i++) {
    const name = index[i * 2 + 1] as number;
    if (!wanted[name]) continue;
    const start = i === 0 ? 0 : (index[i * 2 - 2] as number);
    const payload = new Uint8Array(data, start, (index[i * 2] as number) - start);
    const seq = first + i;
    const topic = topics[name] as string;
    if (topic === '') {
      yield { seq, message: readNews(payload) };
      continue;
    }
    const extra = properties?.[i];
    yield { seq, message: { topic, payload, ...(extra && { properties: extra }), offset: { epoch, seq }, time } };
  }
}

function readNews(payload: Uint8Array): StreamError {
  return StreamError.from(JSON.parse(new TextDecoder().decode(payload)) as StreamErrorData);
}

/** FNV-1a over 32-bit words, and over the bytes of the topics. One kind of array throughout: with two, the loop takes twice as long. */
function checksum(data: ArrayBuffer, index: Uint32Array, topics: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const words of [new Uint32Array(data), index, new Uint32Array(utf8.encode(topics.join('\0')))]) {
    for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ (words[i] as number), 0x01000193);
  }
  return hash >>> 0;
}
