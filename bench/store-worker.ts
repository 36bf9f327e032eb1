/** Resolves whatever it is handed, or is handed it whole; tells how many it has had. */
import { HttpConnector } from 'proxystream/connectors/http';
import { IndexedDBConnector } from 'proxystream/connectors/indexed-db';
import { ObjectProxy, type ProxyDescriptor, Store } from 'proxystream/store';

let stores: Store[] = [];

// What fails in a listener that is asynchronous is no `error` to whoever made the worker.
self.addEventListener('unhandledrejection', ({ reason }) => self.postMessage(String(reason)));

self.addEventListener(
  'message',
  async ({ data }: MessageEvent<Uint8Array | ProxyDescriptor | { database: string; url: string | undefined }>) => {
    if ('database' in data) {
      const { database, url } = data;
      stores = [new Store('bulk', url ? new HttpConnector({ url }) : new IndexedDBConnector({ name: database }))];
      return;
    }
    const object = data instanceof Uint8Array ? data : await ObjectProxy.from<Uint8Array>(data, stores).resolve();
    self.postMessage(object.length);
  },
);
