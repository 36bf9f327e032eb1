/** An object's bytes as a stream. */
import { toStreamError } from '../errors.js';
import type { GetOptions } from '../protocols.js';
import { unlessAborted } from '../unless-aborted.js';
import { wrongSize } from './integrity.js';

export interface Pieces {
  readonly key: string;
  readonly size: number;
  readonly source: ReadableStream<Uint8Array>;
}

/** Opened when it is first read from. `end` is called once all bytes were read, and the stream ends when it has settled. */
export function streamOf(
  open: () => Promise<Pieces>,
  signal: AbortSignal,
  onProgress: GetOptions['onProgress'],
  end: () => Promise<void>,
): ReadableStream<Uint8Array> {
  let pieces: Pieces | undefined;
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let loaded = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        pieces ??= await open();
        reader ??= pieces.source.getReader();
        const { done, value } = await unlessAborted(reader.read().catch(failed), signal, () =>
          reader?.cancel(signal.reason).catch(() => {}),
        );
        loaded += value?.length ?? 0;
        if (loaded > pieces.size || (done && loaded < pieces.size)) throw wrongSize(pieces.key, loaded, pieces.size);
        onProgress?.(loaded, pieces.size);
        if (value) return controller.enqueue(value);
        await end();
        controller.close();
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function failed(error: unknown): never {
  throw toStreamError(error, 'connection_lost', 'The object cannot be read to its end');
}
