/** Who does what in each topology. Plain data. */
import type { Topology } from './schedule.js';

export type Mutant = 'promises early' | 'acknowledges early';

/** What a tab is told in its address. */
export interface Cast {
  readonly tab: string;
  readonly recorder: string;
  readonly topics: string;
  readonly durability: 'relaxed' | 'strict';
  /** The broker, through whatever is wrong with the wire. */
  readonly broker?: string | undefined;
  readonly publishes?: 'log' | 'outbox' | undefined;
  readonly reads?: { readonly from: 'log' | 'inbox'; readonly cursor: string } | undefined;
  /** A cursor outside of the browser: what is lost on the way to it within, only this tab can say. */
  readonly answersFor?: string | undefined;
  /** A flaw, to see that it is found. */
  readonly mutant?: Mutant | undefined;
}

export type Part = Pick<Cast, 'publishes' | 'reads' | 'answersFor'>;

const BOARD = 'board';
const TO_THE_ARCHIVE: Part = { publishes: 'outbox', answersFor: 'archive' };
const ON_THE_BOARD: Part = { reads: { from: 'inbox', cursor: BOARD } };

/** By topology, one part for each tab. */
export const PARTS: Readonly<Record<Topology, readonly Part[]>> = {
  // Two tabs share a name, and one has its own.
  tabs: [
    { publishes: 'log', reads: { from: 'log', cursor: BOARD } },
    { publishes: 'log', reads: { from: 'log', cursor: BOARD } },
    { publishes: 'log', reads: { from: 'log', cursor: 'audit' } },
  ],
  outbox: [TO_THE_ARCHIVE, TO_THE_ARCHIVE, TO_THE_ARCHIVE],
  inbox: [ON_THE_BOARD, ON_THE_BOARD, ON_THE_BOARD],
  chain: [{ publishes: 'outbox' }, { publishes: 'outbox', ...ON_THE_BOARD }, ON_THE_BOARD],
};

/** A message's object. */
export interface Payload {
  readonly producer: string;
  readonly seq: number;
  readonly body: Uint8Array;
}

/** Of so many bytes that no two messages share, and no compression shortens. */
export function payload(producer: string, seq: number, bytes: number): Payload {
  let state = hashOf({ producer, seq, body: new Uint8Array() });
  const body = Uint8Array.from({ length: bytes }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
    return state >>> 24;
  });
  return { producer, seq, body };
}

/** FNV-1a over everything in it. */
export function hashOf({ producer, seq, body }: Payload): number {
  let hash = 0x811c9dc5;
  const mix = (value: number) => {
    hash = Math.imul(hash ^ value, 0x01000193);
  };
  for (const char of producer) mix(char.charCodeAt(0));
  mix(seq);
  for (const byte of body) mix(byte);
  return hash >>> 0;
}
