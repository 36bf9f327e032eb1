import { describe, it } from 'vitest';
import { describeConnector } from '../testing/index.js';
import { OpfsConnector } from './opfs.js';

describeConnector(
  'OPFS',
  {
    supports: { counts: true, expires: true, streams: true, bounded: false },
    open() {
      const name = crypto.randomUUID();
      return { connector: () => new OpfsConnector({ name }) };
    },
  },
  { describe, it },
);
