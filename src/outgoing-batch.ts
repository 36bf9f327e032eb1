/** Events of one topic on their way out as one batch: aggregated, stored, encoded, numbered – each step done once, however often it is retried. */
import type { Metadata, StreamEvent } from './events.js';
import type { Encoded, Sealed, Wire } from './outlet.js';
import type { EventPublisher, Lifetime, Publisher, Store } from './protocols.js';
import type { Guest } from './room.js';
import { failuresOf } from './settle.js';

export type Aggregator<T> = (objects: readonly T[]) => T | Promise<T>;

/** Somebody who wants to know how an attempt ends. */
export interface Waiter {
  resolve(value?: unknown): void;
  reject(reason: unknown): void;
  /** False once it has been told. */
  waits?: boolean;
}

/** What travels as one event. */
interface Content<T> {
  readonly object: T;
  readonly metadata: Metadata;
  readonly evict: Lifetime;
  readonly encoded?: Encoded | undefined;
  /** Key of the stored object. */
  key?: string | undefined;
}

/** One `send`: it takes `bytes` of the producer's room. Its sender may wait for its batch. */
export interface Outgoing<T> extends Content<T>, Guest, Waiter {
  /** What it is expected to take of its message. */
  readonly load: number;
}

export interface BatchSettings<T> extends Wire {
  readonly topic: string;
  readonly producer: string;
  readonly publisher: Publisher | EventPublisher;
  readonly aggregator?: Aggregator<T> | undefined;
  readonly store?: Store | undefined;
}

export interface OutgoingBatch<T> {
  readonly entries: Outgoing<T>[];
  load: number;
  /** Behind its events. */
  ends?: boolean | undefined;
  /** Takes no more events, and gives none back. */
  sealed?: boolean;
  /** Its fate is unknown. */
  flying?: boolean;
  /** Others who wait for it, as senders do. */
  readonly waiters: Waiter[];
  /** What travels: the events, or the one that stands for them. */
  contents?: readonly Content<T>[] | undefined;
  /** The batch's place in its stream, once it has one. */
  seq?: number | undefined;
  message?: Sealed;
}

export function newBatch<T>(entries: Outgoing<T>[] = []): OutgoingBatch<T> {
  return { entries, load: 0, waiters: [] };
}

/** Settles with the present attempt of them all. */
export function watch(batches: readonly OutgoingBatch<unknown>[]): Promise<unknown> {
  return Promise.all(batches.map(({ waiters }) => new Promise((resolve, reject) => waiters.push({ resolve, reject, waits: true }))));
}

/** True when somebody heard. */
export function settle({ entries, waiters }: OutgoingBatch<unknown>, how: 'resolve' | 'reject', reason?: unknown): boolean {
  const waiting = [...entries, ...waiters.splice(0)].filter(({ waits }) => waits);
  for (const waiter of waiting) {
    waiter.waits = false;
    waiter[how](reason);
  }
  return waiting.length > 0;
}

/** Two batches to put in its place, so that the fate of one event is not the others': the end by itself, else halves. None when it is one already. */
export function split<T>({ entries, ends, contents, seq }: OutgoingBatch<T>, aggregated: boolean): OutgoingBatch<T>[] {
  const middle = ends || aggregated ? entries.length : entries.length >> 1;
  if (middle === 0 || (aggregated && !ends)) return [];
  return [
    { ...newBatch(entries.slice(0, middle)), sealed: true, contents: aggregated ? contents : undefined, seq },
    { ...newBatch(entries.slice(middle)), sealed: true, ends },
  ];
}

export async function aggregate<T>(entries: readonly Outgoing<T>[], aggregator: Aggregator<T>): Promise<Content<T>> {
  const object = await aggregator(entries.map((entry) => entry.object));
  const metadata = Object.assign({}, ...entries.map((entry) => entry.metadata)) as Metadata;
  return { object, metadata, evict: entries.find(({ evict }) => evict)?.evict ?? false };
}

/** An object is in the store before its event is published, unless that keeps it. What has been stored stays so when another one fails. */
export async function storeAll<T>(entries: readonly Content<T>[], store: Store): Promise<void> {
  const missing = entries.filter(({ key }) => key === undefined);
  const keys = await store.putLarge?.(missing);
  const storing = missing.map(async (entry, i) => {
    entry.key = keys ? keys[i] : await store.put(entry.object, entry.evict);
  });
  for (const failure of await failuresOf(storing)) throw failure;
}

export function toEvent<T>({ object, metadata, evict, key }: Content<T>, from: Store | undefined): StreamEvent {
  if (key === undefined) return { type: 'inline', metadata, object };
  const size = from?.sizeOf?.(key) ?? (object as Partial<ArrayBufferView> | undefined)?.byteLength ?? 0;
  return { type: 'key', metadata, store: 0, key, evict: !!evict, size };
}
