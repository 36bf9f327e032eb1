/**
 * Topics and topic filters as MQTT defines them (MQTT 5.0 §4.7), one rule for every shim.
 *
 * ```ts
 * topicMatcher('plant/+/temperature')('plant/7/temperature'); // true
 * ```
 */

const MAX_BYTES = 65_535; // MQTT 5.0 §1.5.4: a UTF-8 string has a two-byte length

/** Returns the topic; throws `TypeError` when nothing can be published to it. */
export function checkTopic(topic: string): string {
  checkString(topic, 'topic');
  if (/[+#]/.test(topic)) throw new TypeError(`Topic ${quote(topic)} has a wildcard: "+" and "#" belong in topic filters only`);
  return topic;
}

/** Returns the topic filter; throws `TypeError` when it is malformed. */
export function checkTopicFilter(filter: string): string {
  checkString(filter, 'topic filter');
  const levels = filter.split('/');
  levels.forEach((level, i) => {
    if (level === '+' || (level === '#' && i === levels.length - 1)) return;
    if (/[+#]/.test(level)) {
      throw new TypeError(`Topic filter ${quote(filter)}: "+" must be a whole level, "#" the whole last level`);
    }
  });
  return filter;
}

/** A test for topics; wildcards at the start never match topics that begin with `$` (MQTT 5.0 §4.7.2). */
export function topicMatcher(filter: string): (topic: string) => boolean {
  const wanted = checkTopicFilter(filter).split('/');
  if (!/[+#]/.test(filter)) return (topic) => topic === filter;
  const open = wanted[wanted.length - 1] === '#';
  const depth = open ? wanted.length - 1 : wanted.length;
  const wildFirst = wanted[0] === '+' || wanted[0] === '#';
  return (topic) => {
    if (wildFirst && topic[0] === '$') return false;
    const levels = topic.split('/');
    if (open ? levels.length < depth : levels.length !== depth) return false;
    for (let i = 0; i < depth; i++) if (wanted[i] !== '+' && wanted[i] !== levels[i]) return false;
    return true;
  };
}

function checkString(value: string, what: string): void {
  if (typeof value !== 'string' || value === '') throw new TypeError(`A ${what} must be a non-empty string, not ${quote(value)}`);
  // A lone surrogate or NUL cannot be put into an MQTT string (§1.5.4); a third of the limit needs no measuring.
  if (value.includes('\0') || /\p{Surrogate}/u.test(value))
    throw new TypeError(`${quote(value)} is not a valid ${what}: it has a NUL or half a surrogate pair`);
  if (value.length > MAX_BYTES / 3 && new TextEncoder().encode(value).length > MAX_BYTES) {
    throw new TypeError(`The ${what} starting ${quote(value.slice(0, 40))} is longer than ${MAX_BYTES} bytes`);
  }
}

function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
