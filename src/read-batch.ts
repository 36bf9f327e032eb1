/** Checks what comes from outside, on both wires, and makes batches of it. */
import { StreamError } from './errors.js';
import {
  END_OF_STREAM,
  type EventBatch,
  type InlineEvent,
  invalid,
  type Metadata,
  type StoreConfig,
  type StreamEvent,
  WIRE_VERSION,
} from './events.js';
import { isTopic } from './topic.js';

type ReadInline = (metadata: Metadata, object: unknown, raw: boolean) => InlineEvent;

/**
 * Checks what came from outside and makes a batch of it. What the wire writes in a way of its own is put into ours: `inline` does that for an inline
 * event. Where there is a list of objects behind the events, these are but their metadata. Throws `StreamError`: `invalid_message`, or
 * `unsupported_version`.
 */
export function readBatch(wire: unknown, inline: ReadInline = (metadata, object) => ({ type: 'inline', metadata, object })): EventBatch {
  const [version, topic, producer, seq, stores, events, objects] = list(wire);
  checkVersion(version);
  demand(isTopic(topic), 'topic');
  demand(typeof producer === 'string' && /^[0-9a-f]{32}$/.test(producer), 'producer');
  demand(isCount(seq), 'seq');
  const configs = list(stores) as StoreConfig[];
  for (const store of configs) demand(isMap(store) && typeof store.name === 'string', 'stores');
  const column = objects === undefined ? undefined : list(objects);
  const read: StreamEvent[] = [];
  // `map` would not stop at the first hole of a list that is long and empty.
  for (const event of list(events)) {
    read.push(column ? inline(facts(event), column[read.length], false) : readEvent(list(event), configs.length, inline));
  }
  return { topic, producer, seq, stores: configs, events: read };
}

/** Throws `StreamError`: `unsupported_version` for a newer format, else `invalid_message`. */
export function checkVersion(version: unknown): void {
  demand(isCount(version) && version >= WIRE_VERSION, 'version');
  if (version === WIRE_VERSION) return;
  throw new StreamError('unsupported_version', `Wire format ${version} is newer: update proxystream`, {
    version,
  });
}

function readEvent(event: readonly unknown[], stores: number, inline: ReadInline): StreamEvent {
  const [kind, metadata, store, key, evict, size] = event;
  if (kind === 2) return END_OF_STREAM;
  if (kind === 0 && event.length > 2) return inline(facts(metadata), event[2], event[3] === 1);
  demand(kind === 1 && isCount(store) && store < stores && typeof key === 'string' && typeof evict === 'boolean' && isCount(size), 'event');
  return { type: 'key', metadata: facts(metadata), store, key, evict, size };
}

function facts(metadata: unknown): Metadata {
  demand(isMap(metadata), 'metadata');
  return metadata;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function list(value: unknown): readonly unknown[] {
  demand(Array.isArray(value), 'list');
  return value;
}

function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Throws `StreamError('invalid_message')` unless this part of the message is what it should be. */
export function demand(holds: boolean, part: string): asserts holds {
  if (!holds) throw invalid(`malformed ${part}`);
}
