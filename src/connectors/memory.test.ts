import { describe, it } from 'vitest';
import { describeConnector } from '../testing/index.js';
import { MemoryConnector } from './memory.js';

describeConnector(
  'Memory',
  {
    supports: { counts: true, expires: true, streams: false },
    open(maxBytes) {
      const connector = new MemoryConnector(maxBytes === undefined ? {} : { maxBytes });
      return { connector: () => connector };
    },
  },
  { describe, it },
);
