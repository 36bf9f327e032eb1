/**
 * The conformance suites for shims and logs: what every publisher and subscriber, and every log, must do, run against yours in its real medium.
 * Needs a test runner with `describe` and `it`, whichever.
 *
 * ```ts
 * import { describe, it } from 'vitest';
 *
 * describeShim('queue', {
 *   supports: { delivery: 'one', bytes: true, events: true, wildcards: true, redelivers: true, keeps: true, holds: true },
 *   open(buffer) {
 *     const queue = new Queue(buffer);
 *     return { publisher: () => new QueuePublisher(queue), subscriber: (filter) => new QueueSubscriber(queue, filter) };
 *   },
 * }, { describe, it });
 * ```
 */

export { describeLog } from './describe-log.js';
export { describeShim } from './describe-shim.js';
export { farWorlds } from './far-worlds.js';
export type { KeptMessage, KeptOffset, LogReading, LogSubject, LogWish, LogWorld } from './log.js';
export { type Port, serveWorlds } from './serve-worlds.js';
export type { Maybe, Shim, ShimSupport, ShimWorld, SubscriberWish, TestRunner } from './shim.js';
