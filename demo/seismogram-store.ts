/** Where the pictures lie while their keys travel: for tabs in the browser, for everyone else on the server of these pages. */
import { HttpConnector } from 'proxystream/connectors/http';
import { IndexedDBConnector } from 'proxystream/connectors/indexed-db';
import { Store } from 'proxystream/store';
import type { Wire } from './transport.js';

export const TOPIC = 'seismograms';

export function openStore(wire: Wire): Store {
  const connector =
    wire === 'tabs' ? new IndexedDBConnector({ name: 'seismograms', maxBytes: 2 ** 28 }) : new HttpConnector({ url: '/objects/' });
  return new Store('seismograms', connector, { cacheBytes: 2 ** 24 });
}
