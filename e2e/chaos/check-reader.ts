/** Judges what one cursor was given. */
import type { Violation } from './check.js';
import { type Fact, type FactOf, nameOf, type Stamp } from './facts.js';

type Delivery = FactOf<'delivered'>;

export function checkReader(history: readonly Fact[], cursor: string): Violation[] {
  const reader = new Reader();
  for (const fact of history) if (!('cursor' in fact) || fact.cursor === cursor) reader.hear(fact);
  return [
    ...reader.violations.map(({ rule, what }) => ({ rule, what: `${cursor}: ${what}` })),
    ...lost(history, cursor),
    ...falseAlarms(history, cursor),
  ];
}

class Reader {
  readonly violations: Violation[] = [];
  readonly #offered = new Map<string, number>();
  /** Messages that came, by the stay in which they did last. */
  readonly #came = new Map<string, string>();
  /** By stay: what was acknowledged there. */
  readonly #acknowledged = new Map<string, string[]>();
  /** Acknowledged for good. */
  readonly #done = new Set<string>();
  /** By message: the stay that was given it last. */
  readonly #holder = new Map<string, string>();
  /** By producer: the highest number that came. */
  readonly #highest = new Map<string, number>();
  /** By stay and producer: the number that came last. */
  readonly #last = new Map<string, number>();
  /** By stay and message: given and not delivered. */
  readonly #inHand = new Set<string>();
  /** What was in somebody's hands when the database went: who reads in the new one does not wait for it. */
  readonly #left = new Set<string>();
  /** Came while the database went, perhaps from the new one already: it may come again after what followed it. */
  readonly #between = new Set<string>();

  hear(fact: Fact): void {
    switch (fact.is) {
      case 'offered':
        this.#offered.set(nameOf(fact), fact.hash);
        break;
      case 'given':
        for (const stamp of fact.stamps) {
          if (this.#done.has(nameOf(stamp))) this.#violated('twice', stamp, `was given to ${fact.life}, and was done with`);
          this.#inHand.add(`${fact.life} ${nameOf(stamp)}`);
          this.#holder.set(nameOf(stamp), fact.life);
        }
        break;
      case 'delivered':
        this.#delivered(fact);
        break;
      case 'acknowledged':
        this.#acknowledged.set(fact.life, [...(this.#acknowledged.get(fact.life) ?? []), ...fact.stamps.map(nameOf)]);
        break;
      case 'passed':
        for (const stamp of fact.stamps) this.#done.add(nameOf(stamp));
        break;
      case 'closed':
        this.#closed(fact.life);
        break;
      case 'fault':
        if (fact.destroys) this.#forget();
        break;
      case 'destroyed':
        for (const message of this.#came.keys()) this.#between.add(message);
        this.#forget();
    }
  }

  /** What was acknowledged in a turn that was over is whose turn it became: that one was given it again. */
  #closed(life: string): void {
    for (const message of this.#acknowledged.get(life) ?? []) {
      if ((this.#holder.get(message) ?? life) === life) this.#done.add(message);
    }
  }

  /** With the database go the cursor and the memory of duplicates. */
  #forget(): void {
    for (const given of this.#inHand) this.#left.add(given);
    this.#inHand.clear();
    for (const memory of [this.#came, this.#holder, this.#acknowledged, this.#done, this.#highest, this.#last]) memory.clear();
  }

  #delivered(delivery: Delivery): void {
    const message = nameOf(delivery);
    const { life, producer, seq } = delivery;
    if (this.#offered.get(message) !== delivery.hash) this.#violated('corrupt', delivery, `came to ${life} and is not what was offered`);
    if (this.#came.get(message) === life) this.#violated('twice', delivery, `came twice to ${life}`);
    const stay = `${life} ${producer}`;
    const [last = -1, highest = -1] = [this.#last.get(stay), this.#highest.get(producer)];
    if (last > seq) this.#violated('order', delivery, `came to ${life} after #${last}`);
    const isLeft = this.#left.delete(`${life} ${message}`);
    if (highest > seq && !this.#came.has(message) && !this.#between.has(message) && !isLeft)
      this.#violated('order', delivery, `came to ${life} when #${highest} had come`);
    this.#inHand.delete(`${life} ${message}`);
    this.#came.set(message, life);
    this.#last.set(stay, seq);
    this.#highest.set(producer, Math.max(seq, highest));
  }

  #violated(rule: Violation['rule'], stamp: Stamp, how: string): void {
    this.violations.push({ rule, what: `${nameOf(stamp)} ${how}` });
  }
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

/** Whether what was offered then may be missing: something destroyed it, and this cursor was told so afterwards, or nobody was left to tell. */
function excused(history: readonly Fact[], cursor: string): (offered: number) => boolean {
  const destroyed = history.findLastIndex((fact) => fact.is === 'fault' && fact.destroys);
  const over = history.findIndex(({ is }, at) => at > destroyed && is === 'destroyed');
  const healed = history.findIndex(({ is }) => is === 'healed');
  // What a database had is gone when it is; over a wire more goes, until it stands again.
  const told = history.map((fact, at) => (isLoss(fact, cursor) && at > destroyed ? (isDataLost(fact) && over >= 0 ? over : at) : -1));
  const latest = Math.max(...told);
  const until = latest >= 0 ? latest : forgotten(history, cursor, destroyed);
  return (offered) => destroyed >= 0 && offered < until && !(healed >= 0 && offered > healed);
}

/** When the last stay at this cursor ended of those that were there before: who comes later cannot know that there was anything. */
function forgotten(history: readonly Fact[], cursor: string, destroyed: number): number {
  const before = history.slice(0, destroyed + 1);
  const witnesses = new Set(before.flatMap((fact) => ('cursor' in fact && fact.cursor === cursor ? [fact.life] : [])));
  // Who reads outside of the browser, in one stay as long as the round, sees nothing of its databases.
  const last = history[destroyed];
  if (last?.is === 'fault' && last.kind === 'clear database') witnesses.delete(cursor);
  for (const [at, fact] of history.entries()) {
    if (fact.is === 'closed' && fact.cursor === cursor) witnesses.delete(fact.life);
    if (fact.is === 'fault') for (const life of witnesses) if (fact.ends?.some((tab) => life.startsWith(tab))) witnesses.delete(life);
    if (witnesses.size === 0 && at > destroyed) return at;
  }
  return -1;
}

function isDataLost(fact: Fact): boolean {
  return fact.is === 'news' && fact.code === 'data_lost';
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
