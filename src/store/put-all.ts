import { reportUnheard } from '../errors.js';
import type { Connector, PutItem } from './connector.js';

/** All or none, also where the connector takes one at a time. */
export async function putAll(connector: Connector, items: readonly PutItem[]): Promise<void> {
  if (connector.putBatch && items.length > 1) return connector.putBatch(items);
  const results = await Promise.allSettled(items.map((item) => connector.put(item.key, item.bytes, item)));
  const failure = results.find((result) => result.status === 'rejected');
  if (!failure) return;
  // Also the one that failed: it may be there, and only its answer was lost.
  await Promise.all(items.map(({ key }) => connector.evict(key).catch(reportUnheard)));
  throw failure.reason;
}
