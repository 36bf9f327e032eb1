import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkTopic, checkTopicFilter, topicMatcher } from './topic.js';

const TOO_LONG = 'x'.repeat(65_536);
const NO_STRINGS: readonly unknown[] = ['', undefined, null, 7, {}, 'a\0b', '\ud800', 'x\udc00y', TOO_LONG, 'é'.repeat(32_768)];

describe('a topic', () => {
  test.each(['a', 'plant/7/temperature', '/', '//', 'a b', '$SYS/broker', 'größe/温度/😀', TOO_LONG.slice(1)])('may be %.20s', (topic) => {
    expect(checkTopic(topic)).toBe(topic);
  });

  test.each([...NO_STRINGS, '+', '#', 'a/+/b', 'a/#', 'a+b', 'c#'])('may not be %.20o', (topic) => {
    expect(() => checkTopic(topic as string)).toThrow(TypeError);
  });
});

describe('a topic filter', () => {
  test.each(['a', '#', '+', '+/+', '/+', 'a/+/#', '$SYS/#', '$share/group/a/+'])('may be %s', (filter) => {
    expect(checkTopicFilter(filter)).toBe(filter);
  });

  test.each([...NO_STRINGS, 'a/#/b', '#/a', 'a#', '#a', 'a+', '+a/b', '++', '##', 'a/b+/c'])('may not be %.20o', (filter) => {
    expect(() => checkTopicFilter(filter as string)).toThrow(TypeError);
    expect(() => topicMatcher(filter as string)).toThrow(TypeError);
  });

  test.each([
    ['a/b', ['a/b'], ['a', 'a/b/c', 'a/B', 'A/b', '/a/b', 'a/b/', 'a//b']],
    ['a/+', ['a/b', 'a/'], ['a', 'a/b/c', 'b/b']],
    ['+', ['a'], ['/a', 'a/', 'a/b', '$SYS']],
    ['+/+', ['a/b', '/a', '/'], ['a', 'a/b/c']],
    ['a/+/c', ['a/b/c', 'a//c'], ['a/c', 'a/b/d', 'a/b/c/d']],
    ['#', ['a', 'a/b', '/', 'x/$y'], ['$SYS', '$SYS/uptime']],
    ['a/#', ['a', 'a/', 'a/b', 'a/b/c'], ['ab', 'b/a', '/a']],
    ['a/+/#', ['a/b', 'a/b/c/d', 'a/'], ['a']],
    ['+/b/#', ['a/b', '/b', 'a/b/c'], ['$SYS/b', 'a/c']],
    ['$SYS/#', ['$SYS', '$SYS/a/b'], ['SYS/a', '$SYSX']],
    ['$SYS/+', ['$SYS/a'], ['$SYS', '$SYS/a/b']],
  ])('%s matches these and not those', (filter, these, those) => {
    expect(these.filter((topic) => !topicMatcher(filter)(topic))).toEqual([]);
    expect(those.filter(topicMatcher(filter))).toEqual([]);
  });

  test('matches a topic that is made from it', () => {
    const level = fc.string({ unit: fc.constantFrom('a', 'b', '.', 'é'), maxLength: 3 });
    const levels = fc.array(fc.record({ level, wild: fc.boolean() }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(levels, fc.array(level, { maxLength: 3 }), fc.boolean(), (parts, rest, open) => {
        const topic = [...parts.map(({ level }) => level), ...(open ? rest : [])].join('/');
        const filter = [...parts.map(({ level, wild }) => (wild ? '+' : level)), ...(open ? ['#'] : [])].join('/');
        fc.pre(topic !== '' && filter !== '');
        expect(topicMatcher(filter)(topic)).toBe(true);
        expect(topicMatcher(filter)(`${topic}/x`)).toBe(open);
      }),
    );
  });
});
