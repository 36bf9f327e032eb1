/** Judges what one cursor was given. */
import type { Rules, Violation } from './check.js';
import { type Fact, type FactOf, nameOf, type Stamp } from './facts.js';

type Delivery = FactOf<'delivered'>;

export function checkReader(history: readonly Fact[], cursor: string, rules: Rules): Violation[] {
  const reader = new Reader(cursor, history, rules);
  for (const fact of history) reader.hear(fact);
  return [...reader.violations, ...lost(history, cursor), ...falseAlarms(history, cursor)];
}

class Reader {
  readonly violations: Violation[] = [];
  readonly #cursor: string;
  readonly #offered = new Map<string, number>();
  /** By message: the stay that was given it last. */
  readonly #given = new Map<string, string>();
  /** By producer: the highest number given so far. */
  readonly #highest = new Map<string, number>();
  /** By stay and producer: the number given last. */
  readonly #last = new Map<string, number>();
  /** By message: acknowledged by whom, and beyond recall. */
  readonly #firm: ReadonlyMap<string, ReadonlySet<string>>;

  constructor(cursor: string, history: readonly Fact[], rules: Rules) {
    this.#cursor = cursor;
    this.#firm = firmAcknowledgements(history, cursor, rules);
  }

  hear(fact: Fact): void {
    if (fact.is === 'offered') this.#offered.set(nameOf(fact), fact.hash);
    else if (fact.is === 'destroyed' || (fact.is === 'fault' && fact.destroys)) this.#forget();
    else if (fact.is === 'delivered' && fact.cursor === this.#cursor) this.#delivered(fact);
  }

  /** With the database go the cursor and the memory of duplicates. */
  #forget(): void {
    this.#given.clear();
    this.#last.clear();
    this.#highest.clear();
  }

  #delivered(delivery: Delivery): void {
    const message = nameOf(delivery);
    const { life, producer, seq } = delivery;
    if (this.#offered.get(message) !== delivery.hash) this.#violated('corrupt', delivery, 'is not what was offered');
    const before = this.#given.get(message);
    if (before === life) this.#violated('twice', delivery, 'came twice in one stay');
    else if (before !== undefined && this.#firm.get(before)?.has(message)) this.#violated('twice', delivery, `was acknowledged in ${before}`);
    const stay = `${life} ${producer}`;
    if ((this.#last.get(stay) ?? -1) > seq) this.#violated('order', delivery, `came after #${this.#last.get(stay)}`);
    if (before === undefined && (this.#highest.get(producer) ?? -1) > seq)
      this.#violated('order', delivery, `came first after #${this.#highest.get(producer)}`);
    this.#given.set(message, life);
    this.#last.set(stay, seq);
    this.#highest.set(producer, Math.max(seq, this.#highest.get(producer) ?? -1));
  }

  #violated(rule: Violation['rule'], delivery: Stamp & { readonly life: string }, how: string): void {
    this.violations.push({ rule, what: `${this.#cursor} in ${delivery.life}: ${nameOf(delivery)} ${how}` });
  }
}

/** By stay: the messages whose acknowledgement no crash can undo. */
function firmAcknowledgements(history: readonly Fact[], cursor: string, { looseAcknowledgements }: Rules) {
  const told = new Map<string, (readonly Stamp[])[]>();
  const closed = new Set<string>();
  for (const fact of history) {
    if (fact.is === 'acknowledged' && fact.cursor === cursor) told.set(fact.life, [...(told.get(fact.life) ?? []), fact.stamps]);
    if (fact.is === 'closed' && fact.cursor === cursor) closed.add(fact.life);
  }
  const firm = [...told].map(([life, all]) => {
    const kept = closed.has(life) ? all : all.slice(0, Math.max(0, all.length - looseAcknowledgements));
    return [life, new Set(kept.flat().map(nameOf))] as const;
  });
  return new Map(firm);
}

/** What was promised while this cursor was there, and never came. */
function lost(history: readonly Fact[], cursor: string): Violation[] {
  const since = history.findIndex((fact) => fact.is === 'reading' && fact.cursor === cursor);
  const delivered = new Set(history.filter((fact): fact is Delivery => fact.is === 'delivered' && fact.cursor === cursor).map(nameOf));
  const excusable = excused(history, cursor);
  const offeredAt = new Map<string, number>();
  return history.flatMap((fact, at): Violation[] => {
    if (fact.is === 'offered') offeredAt.set(nameOf(fact), at);
    if (fact.is !== 'promised' || delivered.has(nameOf(fact))) return [];
    const offered = offeredAt.get(nameOf(fact)) ?? -1;
    if (offered < since || excusable(offered)) return [];
    return [{ rule: 'lost', what: `${nameOf(fact)} was promised and never given to ${cursor}` }];
  });
}

/** Whether what was offered then may be missing: something destroyed it, and this cursor was told so afterwards. */
function excused(history: readonly Fact[], cursor: string): (offered: number) => boolean {
  const destroyed = history.findLastIndex((fact) => fact.is === 'fault' && fact.destroys);
  const told = history.findLastIndex((fact) => isLoss(fact, cursor));
  const healed = history.findIndex(({ is }) => is === 'healed');
  return (offered) => destroyed >= 0 && told > destroyed && offered < told && !(healed >= 0 && offered > healed);
}

/** Where nothing was destroyed, nothing is missing. */
function falseAlarms(history: readonly Fact[], cursor: string): Violation[] {
  const destroyed = history.findIndex((fact) => fact.is === 'fault' && fact.destroys);
  return history
    .filter((fact, at): fact is FactOf<'news'> => isLoss(fact, cursor) && (destroyed < 0 || at < destroyed))
    .map(({ code, reason }) => ({ rule: 'false alarm', what: `${cursor} heard of a ${code} (${reason}), and nothing was destroyed` }));
}

function isLoss(fact: Fact, cursor: string): boolean {
  return fact.is === 'news' && fact.cursor === cursor && (fact.code === 'gap' || fact.code === 'data_lost');
}
