import { describe, it } from 'vitest';
import { describeConnector } from '../testing/index.js';
import { IndexedDBConnector } from './indexed-db.js';

describeConnector(
  'IndexedDB',
  {
    supports: { counts: true, expires: true, streams: false },
    open(maxBytes) {
      const name = crypto.randomUUID();
      const connector = () => new IndexedDBConnector({ name, ...(maxBytes !== undefined && { maxBytes }) });
      return { connector, close: () => void indexedDB.deleteDatabase(`proxystream:${name}`) };
    },
  },
  { describe, it },
);
