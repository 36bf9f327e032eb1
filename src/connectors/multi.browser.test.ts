import { describe, inject, it } from 'vitest';
import { describeConnector } from '../testing/index.js';
import { HttpConnector } from './http.js';
import { IndexedDBConnector } from './indexed-db.js';
import { MultiConnector } from './multi.js';

const url = inject('nginx');

describeConnector(
  'IndexedDB beside HTTP',
  {
    supports: { counts: true, expires: false, streams: true, bounded: false },
    open() {
      const name = crypto.randomUUID();
      const connector = () =>
        new MultiConnector([{ connector: new IndexedDBConnector({ name }) }, { connector: new HttpConnector({ url }) }]);
      return { connector, close: () => void indexedDB.deleteDatabase(`proxystream:${name}`) };
    },
  },
  { describe, it },
);
