/** A topic filter means the same on every shim. */
import { StreamError } from '../../errors.js';
import { equal, failure, ok } from '../expect.js';
import type { Scene } from '../scene.js';
import type { ShimSupport } from '../shim.js';
import type { Case } from './case.js';

export function topics({ wildcards, dollarTopics = true }: ShimSupport): readonly Case[] {
  const filters = FILTERS.filter(({ filter }) => (wildcards || !/[+#]/.test(filter)) && (dollarTopics || filter[0] !== '$'));
  return [
    ...filters.map((example) => ({
      does: `delivers through "${example.filter.replaceAll('ROOT', 'plant')}" what it matches and no near miss`,
      plays: (scene: Scene) => tell(scene, example),
    })),
    ...(wildcards ? [] : [REFUSED]),
  ];
}

interface Example {
  readonly filter: string;
  readonly misses: readonly string[];
  readonly hits: readonly string[];
}

const FILTERS: readonly Example[] = [
  { filter: 'ROOT/a', misses: ['ROOT/A', 'ROOT/a/', '/ROOT/a', 'ROOT/ab', 'ROOT', 'ROOT/a/b'], hits: ['ROOT/a'] },
  { filter: 'ROOT/a b/ü🌍', misses: ['ROOT/a b', 'ROOT/a b/u🌍'], hits: ['ROOT/a b/ü🌍'] },
  { filter: 'ROOT/+', misses: ['ROOT', 'ROOT/a/b', 'ROOTx/a', '/ROOT/a'], hits: ['ROOT/a', 'ROOT/', 'ROOT/$a'] },
  { filter: 'ROOT/+/c', misses: ['ROOT/c', 'ROOT/a/b/c', 'ROOT/a/C', 'ROOT/a/c/'], hits: ['ROOT/a/c', 'ROOT//c'] },
  { filter: 'ROOT/#', misses: ['ROOTx', 'ROOTx/a', '/ROOT', 'a/ROOT'], hits: ['ROOT', 'ROOT/', 'ROOT/a', 'ROOT/a/b'] },
  { filter: '+/ROOT', misses: ['$a/ROOT', 'ROOT', 'a/b/ROOT', 'a/ROOT/'], hits: ['a/ROOT', '/ROOT'] },
  { filter: '#', misses: ['$ROOT', '$ROOT/a'], hits: ['ROOT', '/ROOT'] },
  { filter: '$ROOT/#', misses: ['ROOT/a'], hits: ['$ROOT/a'] },
];

/** Misses are sent first: once the last hit has come, they would have, too. */
async function tell(scene: Scene, { filter, misses, hits }: Example): Promise<void> {
  const here = (topic: string) => topic.replaceAll('ROOT', scene.root);
  const reader = await scene.reader(here(filter));
  const sender = await scene.sender();
  for (const topic of [...misses, ...hits]) await sender.send(here(topic), new TextEncoder().encode(here(topic)));
  const received: string[] = [];
  while (received.at(-1) !== hits.at(-1)) {
    const [payload] = await reader.take(1);
    const topic = new TextDecoder().decode(payload);
    // "#" hears whatever else there is on the broker.
    if (topic.includes(scene.root)) received.push(topic.replaceAll(scene.root, 'ROOT'));
  }
  equal(received, hits, 'topics');
}

const REFUSED: Case = {
  does: 'refuses topic filters with wildcards',
  async plays(scene) {
    for (const filter of ['+', '#', scene.topic('+'), scene.topic('#')]) {
      const error = await failure(() => scene.unready(filter), `"${filter}"`);
      ok(
        error instanceof TypeError || (error instanceof StreamError && error.code === 'unsupported'),
        `"${filter}" to be refused, got ${error}`,
      );
    }
  },
};
