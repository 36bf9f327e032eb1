import { HttpConnector } from 'proxystream/connectors/http';
import { ObjectProxy, Store } from 'proxystream/store';
import type { Tile } from './tile.js';

const tiles = new Store('tiles', new HttpConnector({ url: '/objects/' }));
const signal = AbortSignal.timeout(20_000);

self.addEventListener('message', async ({ data: descriptor }) => {
  let moved = 0;
  const onProgress = (loaded: number) => {
    moved = loaded;
  };
  const { x, pixels } = await ObjectProxy.from<Tile>(descriptor, [tiles]).resolve({ signal, onProgress });
  const whole = pixels.length === 100_000 && pixels.every((pixel) => pixel === x);
  self.postMessage({ place: `Tile ${x} ${whole ? 'whole' : 'broken'}`, mag: Math.round(moved / 1000) });
});
