/** What happened in one round, in the order in which the recorder heard of it. Plain data, no logic. */

/** One message: who sent it, and its place in what they sent. A tab that is loaded again is somebody else. */
export interface Stamp {
  readonly producer: string;
  readonly seq: number;
}

/** One stay at a cursor: from opening a subscriber to its end, whichever that is. */
export interface Stay {
  readonly cursor: string;
  readonly life: string;
}

export type Fact =
  /** Said before it is sent: what nobody offered cannot be delivered. */
  | ({ readonly is: 'offered'; readonly hash: number } & Stamp)
  /** Its promise was kept. Said once it was. */
  | ({ readonly is: 'promised' } & Stamp)
  /** Its promise was broken, and the code says why; no code is no answer. */
  | ({ readonly is: 'refused'; readonly code: string | undefined; readonly message: string } & Stamp)
  /** From now on this cursor must get everything. */
  | ({ readonly is: 'reading' } & Stay)
  /** A batch from the subscriber. Said before its consumer sees it. */
  | ({ readonly is: 'given'; readonly stamps: readonly Stamp[] } & Stay)
  /** An event from the consumer. Said before it is dealt with. `hash` is of the bytes that came. */
  | ({ readonly is: 'delivered'; readonly hash: number } & Stay & Stamp)
  /** The subscriber was told that these are dealt with. Said once it was. */
  | ({ readonly is: 'acknowledged'; readonly stamps: readonly Stamp[] } & Stay)
  /** The cursor is known to have passed these. */
  | ({ readonly is: 'passed'; readonly stamps: readonly Stamp[] } & Stay)
  /** Its subscriber was closed in order: what was acknowledged stays so. */
  | ({ readonly is: 'closed' } & Stay)
  /** News to whoever reads: something is missing, or gone. */
  | ({ readonly is: 'news'; readonly code: string | undefined; readonly reason: string } & Stay)
  /** A tab takes itself for the one that pumps. A term is held once. */
  | { readonly is: 'leading'; readonly tab: string; readonly pump: string; readonly term: string }
  /**
   * What the schedule did to the world. It `destroys` when, from now until `destroyed`, what was kept for somebody goes with it, and it
   * `ends` the stays in these tabs: those that begin with their names.
   */
  | { readonly is: 'fault'; readonly kind: string; readonly destroys: boolean; readonly ends?: readonly string[] }
  /** Now it has. */
  | { readonly is: 'destroyed' }
  /** All faults are over: from here on everything works. */
  | { readonly is: 'healed' }
  /** Something that must come did not: a promise that never settled, a tab that does not answer. */
  | { readonly is: 'stuck'; readonly what: string };

export type FactOf<Is extends Fact['is']> = Extract<Fact, { readonly is: Is }>;

export const nameOf = ({ producer, seq }: Stamp) => `${producer}#${seq}`;

export function factsThat<Is extends Fact['is']>(history: readonly Fact[], is: Is): FactOf<Is>[] {
  return history.filter((fact): fact is FactOf<Is> => fact.is === is);
}
