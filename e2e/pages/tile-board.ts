/** Any other tab: looks at every event, and leaves it to a worker to fetch the tiles that are visible. */
import { StreamConsumer } from 'proxystream';
import { HttpConnector } from 'proxystream/connectors/http';
import { BroadcastChannelSubscriber } from 'proxystream/shims/broadcast-channel';
import { Store } from 'proxystream/store';
import { draw, say } from './drawing.js';
import type { Tile } from './tile.js';

const worker = new Worker(new URL('./tile-worker.ts', import.meta.url), { type: 'module' });
worker.addEventListener('message', ({ data }) => draw(data));

const tiles = new Store('tiles', new HttpConnector({ url: '/objects/' }));
const subscriber = new BroadcastChannelSubscriber('tiles');
const consumer = new StreamConsumer<Tile>(subscriber, { stores: [tiles] });
for await (const [meta, proxy] of consumer.iterWithMetadata()) {
  if (meta.x > 0) worker.postMessage(proxy.descriptor); // the worker fetches it; this thread never does
}

say('The stream has ended');
