/** What is known of the producers' streams, by which what comes twice is recognised. */
import type { Entry } from './commit.js';
import type { Tx } from './database.js';
import type { Header } from './header.js';
import type { LogRecord, StreamRecord } from './records.js';
import { see } from './seen.js';

/** Streams that are remembered; beyond it the ones that are quiet for longest are forgotten, a quarter at a time. */
export const MAX_STREAMS = 4096;

type Streams = Map<string, StreamRecord | undefined>;

/** What is known of those that these belong to. */
export async function readStreams(tx: Tx, entries: readonly Entry[]): Promise<Streams> {
  const keys = [...new Set(entries.flatMap((entry) => streamOf(entry) ?? []))];
  return new Map(await Promise.all(keys.map(async (key) => [key, await tx.get<StreamRecord>('streams', key)] as const)));
}

export function streamOf({ lane, topic, header }: Entry): string | undefined {
  return header && `${lane}\0${topic}\0${header.producer}`;
}

/** Whether it has not been stored before; counts what its stream has missed or doubled. */
export function isNew(log: LogRecord, streams: Streams, entry: Entry): boolean {
  const key = streamOf(entry);
  if (!key) return true;
  const stream = streams.get(key);
  const { duplicate, missed, after } = see(stream, (entry.header as Header).seq, log.serial);
  if (!stream) log.streams++;
  log.missed += missed;
  if (duplicate) log.duplicates++;
  else streams.set(key, after);
  return !duplicate;
}

export async function forgetStreams(tx: Tx, log: LogRecord): Promise<void> {
  const [keys, streams] = await Promise.all([tx.keys<string>('streams'), tx.list<StreamRecord>('streams')]);
  const serials = streams.map(({ at }) => at).sort((a, b) => a - b);
  const oldest = serials.at(-MAX_STREAMS * 0.75) ?? 0;
  const forgotten = keys.filter((_, i) => (streams[i] as StreamRecord).at < oldest);
  for (const key of forgotten) tx.delete('streams', key);
  log.streams = keys.length - forgotten.length;
}
