import type { Tx } from './database.js';
import type { LogRecord, StreamRecord } from './records.js';

/** Producers' streams that are remembered; beyond it the ones that are quiet for longest are forgotten, a quarter at a time. */
export const MAX_STREAMS = 4096;

/** What is known of the streams as long as nobody else appends: then nothing needs to be read. */
export class StreamMemory {
  #streams = new Map<string, StreamRecord>();
  #as = '';

  /** Of the log in this state. */
  asOf({ epoch, serial }: LogRecord): ReadonlyMap<string, StreamRecord> {
    if (this.#as !== `${epoch} ${serial - 1}`) this.#streams.clear();
    return this.#streams;
  }

  /** That has been stored. */
  learn({ epoch, serial }: LogRecord, streams: ReadonlyMap<string, StreamRecord>): void {
    if (this.#as !== `${epoch} ${serial - 1}` || this.#streams.size > MAX_STREAMS) this.#streams.clear();
    for (const [key, stream] of streams) this.#streams.set(key, stream);
    this.#as = `${epoch} ${serial}`;
  }
}

export async function forgetStreams(tx: Tx, log: LogRecord): Promise<void> {
  const keys = await tx.keys('streams');
  const streams = await Promise.all(keys.map(async (key) => ({ key, at: (await tx.get<StreamRecord>('streams', key))?.at ?? 0 })));
  streams.sort((a, b) => a.at - b.at);
  const forgotten = streams.slice(0, Math.max(0, streams.length - Math.floor(MAX_STREAMS * 0.75)));
  for (const { key } of forgotten) tx.delete('streams', key);
  log.streams = streams.length - forgotten.length;
}
