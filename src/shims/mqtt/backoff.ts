import type { MqttReconnectOptions } from './options.js';

/** How long to wait before an attempt: anywhere up to a bound that doubles, so that the clients of a broker that restarts do not come back all at once. */
export function backoff(
  attempt: number,
  { minMs = 500, maxMs = 30_000 }: MqttReconnectOptions = {},
  random: () => number = Math.random,
): number {
  return Math.round(random() * Math.min(maxMs, minMs * 2 ** Math.min(attempt - 1, 30)));
}
