/** What a store has done. */
export interface OperationMetrics {
  count: number;
  failed: number;
  /** Milliseconds, all calls together. */
  ms: number;
  /** Of the objects, as they are stored. */
  bytes: number;
}

export interface StoreMetrics {
  readonly put: OperationMetrics;
  readonly get: OperationMetrics;
  readonly exists: OperationMetrics;
  readonly evict: OperationMetrics;
  /** Objects that were in the cache; their bytes do not count as moved. */
  hits: number;
  /** Objects whose hash could not be compared. */
  unverified: number;
}

export type Operation = 'put' | 'get' | 'exists' | 'evict';

export function newMetrics(): StoreMetrics {
  const none = () => ({ count: 0, failed: 0, ms: 0, bytes: 0 });
  return { put: none(), get: none(), exists: none(), evict: none(), hits: 0, unverified: 0 };
}

export async function measured<R>(metrics: OperationMetrics, work: () => R | Promise<R>): Promise<R> {
  const start = performance.now();
  metrics.count++;
  try {
    return await work();
  } catch (error) {
    metrics.failed++;
    throw error;
  } finally {
    metrics.ms += performance.now() - start;
  }
}
