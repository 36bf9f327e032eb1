import { expect, test } from 'vitest';
import { freshLog, open } from '../../e2e/support/log-scene.js';
import { messagePack } from '../codec.js';
import { END_OF_STREAM } from '../events.js';
import { MAX_STREAMS } from './streams.js';

test('producers beyond those that are remembered cost the quietest their memory, and nobody else', async () => {
  const log = await freshLog();
  const publisher = log.publisher();
  const send = (producer: number, seq = 0) => {
    const header = { topic: 't', producer: producer.toString(16).padStart(32, '0'), seq, stores: [] };
    return publisher.send('t', messagePack.assemble(header, [messagePack.encodeEvent(END_OF_STREAM)]));
  };
  const burst = (from: number, to: number) => Promise.all(Array.from({ length: to - from }, (_, i) => send(from + i)));
  for (let from = 0; from < MAX_STREAMS; from += 512) await burst(from, from + 512);
  expect(log.status).toMatchObject({ end: MAX_STREAMS, duplicates: 0 });
  await send(0, 1); // no longer the quietest
  await burst(MAX_STREAMS, MAX_STREAMS + 100);

  const { end } = log.status;
  const other = await open(log);
  await Promise.all([send(0, 1), send(MAX_STREAMS), send(MAX_STREAMS - 1)]);
  expect(await other.refresh()).toMatchObject({ end, duplicates: 3 });
  await send(1);
  expect(await other.refresh()).toMatchObject({ end: end + 1, duplicates: 3 });
});
