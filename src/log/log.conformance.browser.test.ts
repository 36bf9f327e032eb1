import { describe, it } from 'vitest';
import { freshLog } from '../../e2e/support/log-scene.js';
import { describeShim } from '../testing/index.js';

describeShim(
  'log',
  {
    supports: { delivery: 'all', bytes: true, events: false, wildcards: true, redelivers: true, keeps: true, holds: true },
    async open(buffer) {
      const log = await freshLog();
      return {
        publisher: () => log.publisher(),
        subscriber: (filter, { session } = {}) => log.subscriber(filter, { ...buffer, ...(session !== undefined && { name: session }) }),
      };
    },
  },
  { describe, it },
);
