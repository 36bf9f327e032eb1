/** Older WebKit lets files be written in workers only, and only in place. */
import { OpfsConnector } from 'proxystream/connectors/opfs';
import { Store } from 'proxystream/store';

self.addEventListener('message', async ({ data: name }) => {
  Reflect.deleteProperty(FileSystemFileHandle.prototype, 'createWritable');
  const store = new Store('scans', new OpfsConnector({ name }));
  const proxy = await store.proxy(new Uint8Array(3_000_000).fill(7), { consumers: 2 });
  const bytes = await store.get('key' in proxy.descriptor ? proxy.descriptor.key : '');
  self.postMessage({ descriptor: proxy.descriptor, length: (bytes as Uint8Array).length });
});
