import type { EventBatch } from './events.js';

/** Bytes of plain data, near enough to bound memory by: what is large in it is nearly always a string or a buffer near its top. */
export function roughBytes(value: unknown, depth = 3): number {
  if (typeof value === 'string') return 16 + 2 * value.length;
  if (typeof value !== 'object' || value === null) return 8;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return 64 + value.byteLength;
  if (depth === 0) return 64;
  if (Array.isArray(value)) return 32 + value.length * roughBytes(value[0], depth - 1);
  let bytes = 32;
  for (const key in value) bytes += 16 + roughBytes(value[key as never], depth - 1);
  return bytes;
}

export function roughBatchBytes({ events }: EventBatch): number {
  return events.reduce((sum, event) => sum + roughBytes(event), 0);
}
