/**
 * Judges a history: what was promised and what was delivered, whatever happened in between. It knows nothing of how either was done.
 * Where the schedule destroyed what was kept (database cleared, a broker without a disk killed), saying so is what is asked instead.
 */

import { checkReader } from './check-reader.js';
import { type Fact, factsThat, nameOf } from './facts.js';

export interface Violation {
  readonly rule: 'lost' | 'twice' | 'order' | 'corrupt' | 'false alarm' | 'untyped' | 'leaders' | 'stuck' | 'vacuous';
  /** A sentence, with names that can be found in the history. */
  readonly what: string;
}

export function check(history: readonly Fact[]): Violation[] {
  const cursors = new Set(factsThat(history, 'reading').map(({ cursor }) => cursor));
  return [
    ...substance(history),
    ...typed(history),
    ...live(history),
    ...oneLeaderPerTerm(history),
    ...[...cursors].flatMap((cursor) => checkReader(history, cursor)),
  ];
}

/** A round in which nothing was promised, or nothing read, shows nothing. */
function substance(history: readonly Fact[]): Violation[] {
  return (['promised', 'delivered', 'healed'] as const)
    .filter((is) => factsThat(history, is).length === 0)
    .map((is) => ({ rule: 'vacuous', what: `Nothing was ${is}` }));
}

function typed(history: readonly Fact[]): Violation[] {
  const refused = factsThat(history, 'refused').filter(({ code }) => !code);
  const news = factsThat(history, 'news').filter(({ code }) => !code);
  return [
    ...refused.map((fact): Violation => ({ rule: 'untyped', what: `${nameOf(fact)} was refused without a code: ${fact.message}` })),
    ...news.map(({ cursor, reason }): Violation => ({ rule: 'untyped', what: `${cursor} failed without a code: ${reason}` })),
  ];
}

/** What is offered once everything is healed is promised. */
function live(history: readonly Fact[]): Violation[] {
  const healed = history.findIndex(({ is }) => is === 'healed');
  const promised = new Set(factsThat(history, 'promised').map(nameOf));
  const offered = healed < 0 ? [] : factsThat(history.slice(healed), 'offered');
  return [
    ...offered
      .filter((fact) => !promised.has(nameOf(fact)))
      .map((fact): Violation => ({ rule: 'stuck', what: `${nameOf(fact)} was offered when all was well and never promised` })),
    ...factsThat(history, 'stuck').map(({ what }): Violation => ({ rule: 'stuck', what })),
  ];
}

function oneLeaderPerTerm(history: readonly Fact[]): Violation[] {
  const holders = new Map<string, string>();
  return factsThat(history, 'leading').flatMap(({ tab, pump, term }): Violation[] => {
    const key = `${pump} in term ${term}`;
    const holder = holders.get(key) ?? tab;
    holders.set(key, holder);
    return holder === tab ? [] : [{ rule: 'leaders', what: `Both ${holder} and ${tab} led ${key}` }];
  });
}
