/** The checker finds what it is there for: one bad history by hand for each rule, beside the good one it differs from. */
import { describe, expect, test } from 'vitest';
import { check } from './check.js';
import type { Fact, Stamp } from './facts.js';

const one = { producer: 'one' };

describe('a good history', () => {
  test('of one producer and one reader has no violations', () => {
    expect(verdict([...send(0, 1, 2), ...give('a', 0, 1, 2), HEALED])).toEqual([]);
  });

  test('may repeat what a crash left unacknowledged, from there on in order', () => {
    const before = [...give('a', 0), acknowledge('a', 0), ...give('a', 1, 2)];
    expect(verdict([...send(0, 1, 2, 3), ...before, ...give('b', 1, 2, 3), HEALED])).toEqual([]);
  });

  test('may repeat what was acknowledged right before a crash, and what is under way when another stay takes over', () => {
    const before = [given('a', 0, 1), ...give('a', 0), acknowledge('a', 0), ...give('a', 1), acknowledge('a', 1)];
    expect(verdict([...send(0, 1), ...before, CRASHED, given('b', 0, 1), ...give('b', 0, 1), HEALED])).toEqual([]);
    const frozen = [given('a', 0, 1), ...give('a', 0), given('b', 0, 1), ...give('b', 0, 1), acknowledge('b', 0, 1), passed('b', 0, 1)];
    expect(verdict([...send(0, 1), ...frozen, ...give('a', 1), HEALED])).toEqual([]);
  });

  test('may deliver what was refused or never answered, and may leave it out', () => {
    const refused: Fact = { is: 'refused', ...stamp(1), code: 'quota_exceeded', message: 'full' };
    expect(verdict([...send(0), offer(1), refused, ...give('a', 0, 1), HEALED])).toEqual([]);
    expect(verdict([...send(0), offer(1), refused, ...give('a', 0), HEALED])).toEqual([]);
    expect(verdict([...send(0), offer(1), ...give('a', 0), HEALED])).toEqual([]);
  });

  test('owes a cursor nothing that was sent before it was there', () => {
    const late: Fact = { is: 'reading', cursor: 'late', life: 'l' };
    expect(verdict([...send(0), ...give('a', 0), late, HEALED])).toEqual([]);
  });

  test('may lack what was destroyed, when that was said', () => {
    expect(verdict([...send(0, 1), ...give('a', 0), CLEARED, news('data_lost'), HEALED, ...send(2), ...give('a', 2)])).toEqual([]);
    expect(verdict([...send(0), CLEARED, ...send(1), news('gap'), HEALED, ...send(2), ...give('a', 2)])).toEqual([]);
  });

  test('may lack what was destroyed when nobody was left to tell', () => {
    const killed: Fact = { is: 'fault', kind: 'kill browser', destroys: false, ends: ['a'] };
    expect(verdict([...send(0, 1), ...give('a', 0), CLEARED, DESTROYED, killed, HEALED])).toEqual([]);
    expect(verdict([...send(0, 1), ...give('a', 0), CLEARED, DESTROYED, closed('a'), HEALED])).toEqual([]);
    expect(verdict([...send(0, 1), ...give('a', 0), ...give('b', 1), CLEARED, killed, ...send(2), HEALED])).toEqual(['lost']);
  });

  test('may lack outside of the browser what was lost within, when a tab said so, or nobody was left to', () => {
    const cleared: Fact = { is: 'fault', kind: 'clear database', destroys: true };
    const tab: Fact = { is: 'reading', cursor: 'a', life: 'tab' };
    const killed: Fact = { is: 'fault', kind: 'kill browser', destroys: false, ends: ['tab'] };
    expect(verdict([tab, ...send(0, 1), ...give('a', 0), cleared, DESTROYED, news('data_lost'), HEALED])).toEqual([]);
    expect(verdict([tab, ...send(0, 1), ...give('a', 0), cleared, DESTROYED, killed, HEALED])).toEqual([]);
    expect(verdict([tab, ...send(0, 1), ...give('a', 0), cleared, DESTROYED, HEALED])).toEqual(['lost']);
  });

  test('may repeat what was acknowledged before everything was destroyed, and while it was', () => {
    const before = [...give('a', 0), acknowledge('a', 0), ...give('a', 1), acknowledge('a', 1)];
    expect(verdict([...send(0, 1), ...before, CLEARED, ...give('a', 0, 1), news('data_lost'), HEALED])).toEqual([]);
    expect(verdict([...give0(), CLEARED, ...give('a', 0), news('data_lost'), DESTROYED, ...give('a', 0), HEALED])).toEqual([]);
  });

  test('may go through what was in hand when everything was destroyed, while another stay reads on', () => {
    const before = [...send(0, 1, 2), given('a', 0, 1, 2), ...give('a', 0), CLEARED, news('data_lost'), DESTROYED];
    expect(verdict([...before, ...send(3), ...give('b', 3), ...give('a', 1, 2), HEALED])).toEqual([]);
    expect(verdict([...before, ...send(3), ...give('b', 3), ...give('a', 2, 1), HEALED])).toEqual(['order']);
  });

  test('may repeat what was acknowledged in a turn that was over, and given in the next before that stay closed', () => {
    const before = [given('a', 0), ...give('a', 0), acknowledge('a', 0), given('b', 0), ...give('b', 0), acknowledge('b', 0), closed('a')];
    expect(verdict([...send(0), ...before, given('c', 0), ...give('c', 0), HEALED])).toEqual([]);
    expect(verdict([...send(0), ...before, closed('b'), given('c', 0), ...give('c', 0), HEALED])).toEqual(['twice']);
  });

  test('keeps two producers and two cursors apart', () => {
    const two = { ...offer(0), producer: 'two' };
    const facts = [reading('b'), ...send(0, 1), two, { ...promise(0), producer: 'two' }];
    const given = [delivery('a', 0), { ...delivery('a', 0), producer: 'two' }, delivery('a', 1)];
    const other = given.map((fact) => ({ ...fact, cursor: 'b' }));
    expect(verdict([...facts, ...given, ...other, HEALED])).toEqual([]);
  });
});

describe('it finds', () => {
  test.each<[what: string, rule: string, history: readonly Fact[]]>([
    ['a promise that was not delivered', 'lost', [...send(0, 1, 2), ...give('a', 0, 1), HEALED]],
    ['a promise that only one of two cursors got', 'lost', [reading('b'), ...send(0), ...give('a', 0), HEALED]],
    ['a promise that was lost in a crash', 'lost', [...send(0, 1), ...give('a', 0), CRASHED, ...send(2), ...give('b', 2), HEALED]],
    ['a promise lost with the database, and silence', 'lost', [...send(0, 1), ...give('a', 0), CLEARED, HEALED]],
    [
      'a loss that was told of before it happened',
      'lost',
      [...send(0), CLEARED, news('gap'), ...give('a', 0), ...send(1), CLEARED, HEALED],
    ],
    ['a promise lost after the world was healed', 'lost', [...give0(), CLEARED, HEALED, ...send(1), news('gap')]],
    ['a promise made after the database was gone', 'lost', [...give0(), CLEARED, DESTROYED, ...send(1), news('data_lost'), HEALED]],
    ['a message twice in one stay', 'twice', [...send(0), ...give('a', 0), ...give('a', 0), HEALED]],
    ['a message again that was acknowledged in order', 'twice', [...give0(), acknowledge('a', 0), closed('a'), given('b', 0), HEALED]],
    ['a message again that its cursor had passed', 'twice', [...give0(), passed('a', 0), CRASHED, given('b', 0), HEALED]],
    ['a message again in the same stay that its cursor had passed', 'twice', [...give0(), passed('a', 0), given('a', 0), HEALED]],
    ['two messages of one producer the wrong way round', 'order', [...send(0, 1), ...give('a', 1), ...give('a', 0), HEALED]],
    ['a redelivery the wrong way round', 'order', [...send(0, 1, 2), ...give('a', 0, 1, 2), ...give('b', 2, 1), HEALED]],
    ['a message that comes late, in the next stay', 'order', [...send(0, 1), ...give('a', 1), ...give('b', 0), HEALED]],
    [
      'a message that was in nobody’s hands and comes late after everything was destroyed',
      'order',
      [...send(0, 1), ...give('a', 0), CLEARED, news('data_lost'), DESTROYED, ...send(2), ...give('b', 2), ...give('a', 1), HEALED],
    ],
    ['bytes that changed', 'corrupt', [...send(0), { ...delivery('a', 0), hash: 666 }, HEALED]],
    ['a message that nobody sent', 'corrupt', [...send(0), ...give('a', 0, 1), HEALED]],
    ['a message that came before it was offered', 'corrupt', [...give('a', 0), ...send(0), HEALED]],
    ['a gap where nothing is missing', 'false alarm', [...give0(), news('gap'), HEALED]],
    ['a loss told of before it could be', 'false alarm', [...give0(), news('data_lost'), CLEARED, HEALED]],
    ['a refusal without a code', 'untyped', [...give0(), { is: 'refused', ...stamp(1), code: undefined, message: 'oh' }, HEALED]],
    ['a reader that fails without a code', 'untyped', [...give0(), news(undefined), HEALED]],
    ['two leaders of one term', 'leaders', [...give0(), leading('x', '7'), leading('y', '7'), HEALED]],
    ['a promise that is never kept after all is healed', 'stuck', [...give0(), HEALED, offer(1)]],
    ['what the stage says is stuck', 'stuck', [...give0(), { is: 'stuck', what: 'tab 1 does not answer' }, HEALED]],
    ['a message twice after everything was destroyed', 'twice', [...give0(), CLEARED, DESTROYED, ...give('a', 0), ...give('a', 0), HEALED]],
    ['a round in which nothing was promised', 'vacuous', [offer(0), ...give('a', 0), HEALED]],
    ['a round that was never healed', 'vacuous', [...give0()]],
  ])('%s', (_what, rule, history) => {
    expect(new Set(verdict(history))).toEqual(new Set([rule]));
  });

  test('may repeat what came while everything was destroyed, after what came next: it may be from the new database', () => {
    const next = [DESTROYED, ...give('a', 2), CRASHED, ...give('b', 1, 2), news('data_lost'), HEALED];
    expect(verdict([...send(0, 1, 2), CLEARED, ...give('a', 0, 1), ...next])).toEqual([]);
    expect(verdict([...send(0, 1, 2), CLEARED, ...give('a', 0), ...next])).toEqual(['order']);
  });

  test('no leaders too many where one tab leads one term after the other, and two pumps have one each', () => {
    const other = { ...leading('y', '7'), pump: 'other' };
    expect(verdict([...give0(), leading('x', '7'), leading('y', '8'), leading('x', '9'), leading('x', '9'), other, HEALED])).toEqual([]);
  });
});

const HEALED: Fact = { is: 'healed' };
const CLEARED: Fact = { is: 'fault', kind: 'database cleared', destroys: true };
const DESTROYED: Fact = { is: 'destroyed' };
const CRASHED: Fact = { is: 'fault', kind: 'crash', destroys: false };

/** Rules broken, in a world in which cursor `a` reads from the start. */
function verdict(history: readonly Fact[]): string[] {
  return check([reading('a'), ...history]).map(({ rule }) => rule);
}

function stamp(seq: number): Stamp {
  return { ...one, seq };
}

function offer(seq: number) {
  return { is: 'offered', ...stamp(seq), hash: seq * 11 } as const;
}

function promise(seq: number) {
  return { is: 'promised', ...stamp(seq) } as const;
}

function send(...seqs: number[]): Fact[] {
  return seqs.flatMap((seq) => [offer(seq), promise(seq)]);
}

function reading(cursor: string): Fact {
  return { is: 'reading', cursor, life: 'a' };
}

function delivery(life: string, seq: number) {
  return { is: 'delivered', cursor: 'a', life, ...stamp(seq), hash: seq * 11 } as const;
}

function give(life: string, ...seqs: number[]): Fact[] {
  return seqs.map((seq) => delivery(life, seq));
}

function give0(): Fact[] {
  return [...send(0), ...give('a', 0)];
}

function given(life: string, ...seqs: number[]): Fact {
  return { is: 'given', cursor: 'a', life, stamps: seqs.map(stamp) };
}

function passed(life: string, ...seqs: number[]): Fact {
  return { is: 'passed', cursor: 'a', life, stamps: seqs.map(stamp) };
}

function acknowledge(life: string, ...seqs: number[]): Fact {
  return { is: 'acknowledged', cursor: 'a', life, stamps: seqs.map(stamp) };
}

function closed(life: string): Fact {
  return { is: 'closed', cursor: 'a', life };
}

function news(code: string | undefined): Fact {
  return { is: 'news', cursor: 'a', life: 'a', code, reason: 'made up' };
}

function leading(tab: string, term: string) {
  return { is: 'leading', tab, pump: 'outbox', term } as const;
}
