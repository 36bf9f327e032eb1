/** One tab: puts tiles where everyone can fetch them, and sends their keys. */
import { StreamProducer } from 'proxystream';
import { HttpConnector } from 'proxystream/connectors/http';
import { BroadcastChannelPublisher } from 'proxystream/shims/broadcast-channel';
import { Store } from 'proxystream/store';
import { say } from './drawing.js';
import { TILES, type Tile } from './tile.js';

const tiles = new Store('tiles', new HttpConnector({ url: '/objects/' }));
const producer = new StreamProducer<Tile>(new BroadcastChannelPublisher(), { stores: { tiles } });
for (const tile of TILES) {
  const { z, x, y } = tile;
  await producer.send('tiles', tile, { metadata: { z, x, y }, evict: { consumers: 3, ttlMs: 600_000 } });
}
await producer.close({ topics: ['tiles'], stores: true });

say('Sent');
