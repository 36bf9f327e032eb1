import type { Connector, PutItem } from './connector.js';

/** All or none, also where the connector takes one at a time. */
export async function putAll(connector: Connector, items: readonly PutItem[]): Promise<void> {
  if (connector.putBatch && items.length > 1) return connector.putBatch(items);
  const results = await Promise.allSettled(items.map((item) => connector.put(item.key, item.bytes, item)));
  const failure = results.find((result) => result.status === 'rejected');
  if (!failure) return;
  // Also the one that failed: it may be there, and only its answer was lost. Where this fails, too, the first failure says more.
  await Promise.allSettled(items.map(({ key }) => connector.evict(key)));
  throw failure.reason;
}
