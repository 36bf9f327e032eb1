/**
 * Topics and topic filters as MQTT defines them (MQTT 5.0 §4.7), one rule for every shim.
 *
 * ```ts
 * topicMatcher('plant/+/temperature')('plant/7/temperature'); // true
 * ```
 */

import { check } from './check.js';

const MAX_BYTES = 2 ** 16 - 1; // MQTT 5.0 §1.5.4: a UTF-8 string has a two-byte length
const RULE = '1 to 65,535 bytes of UTF-8 without NUL';

/** Returns the topic; throws `TypeError` when nothing can be published to it. */
export function checkTopic(topic: string): string {
  check(isTopic(topic), 'A topic', topic, `${RULE}, + or #`);
  return topic;
}

/** Returns the topic filter; throws `TypeError` when it is malformed. */
export function checkTopicFilter(filter: string): string {
  const named = typeof filter === 'string' && filter.replace(/(^|\/)(\+(?=\/|$)|#$)/g, '$1x');
  check(isTopic(named), 'A topic filter', filter, `${RULE}, + only as a level, # only as the last`);
  return filter;
}

export function isTopic(value: unknown): value is string {
  // A lone surrogate or NUL cannot be put into an MQTT string (§1.5.4); a third of the limit needs no measuring.
  if (typeof value !== 'string' || !/^[^+#\0\p{Surrogate}]+$/u.test(value)) return false;
  return value.length <= MAX_BYTES / 3 || new TextEncoder().encode(value).length <= MAX_BYTES;
}

/** A test for topics; wildcards at the start never match topics that begin with `$` (MQTT 5.0 §4.7.2). */
export function topicMatcher(filter: string): (topic: string) => boolean {
  const wanted = checkTopicFilter(filter).split('/');
  const open = wanted.at(-1) === '#';
  if (open) wanted.pop();
  return (topic) => {
    const levels = topic.split('/');
    return (
      (topic[0] !== '$' || levels[0] === wanted[0]) &&
      (open ? levels.length >= wanted.length : levels.length === wanted.length) &&
      wanted.every((level, i) => level === '+' || level === levels[i])
    );
  };
}
