/** Draws seismograms, one after the other, so that the replay's page need not. */
import type { Quake } from './quake.js';
import { drawSeismogram, paperFor } from './seismogram.js';

let turn = Promise.resolve();

self.addEventListener('message', ({ data }: MessageEvent<Quake>) => {
  turn = turn.then(() => draw(data));
});

async function draw(quake: Quake): Promise<void> {
  const paper = paperFor(quake);
  const canvas = new OffscreenCanvas(paper.width, paper.height);
  const context = canvas.getContext('2d');
  if (!context) return;
  drawSeismogram(context, quake, paper);
  const image = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
  self.postMessage({ quake, image }, { transfer: [image.buffer] });
}
