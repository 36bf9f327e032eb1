/** What a file in `rows/` declares. It is read in Node for its names and goals, and in the page to run its contenders. */
import type { Service, Urls } from './services.js';

/** Contenders for one job, measured in turns: in every round each of them once, each time in another order. */
export interface Group {
  readonly name: string;
  /** What the figures are: `'events/s'` is computed from `start()` and `stop()`, as is `'ms'`; any other unit is what the roles return. */
  readonly unit: string;
  /** Which figure wins. */
  readonly better: 'more' | 'less';
  /** How many every contender moves in a round. */
  readonly events: number;
  /** Measured after one round to warm up. Default 5. With 1 there is no warming up. */
  readonly rounds?: number;
  /** What must run beside the browser. */
  readonly needs?: readonly Service[];
  /** By name; the first is the subject. */
  readonly contenders: Readonly<Record<string, Contender>>;
  readonly rows: readonly Row[];
}

/** One line of the table: the figure of `subject` divided by that of `against`. */
export interface Row {
  /** Default: the first contender. */
  readonly subject?: string;
  readonly against: string;
  /** The ratio to reach: at least this where more is better, at most this where less is. Default: none, the ratio is just good to know. */
  readonly goal?: number;
}

/**
 * Roles, each in a tab of its own, all in one browser profile that no other contender sees. The tabs stay for all rounds. A role starts when the one
 * before it has called `ready()` or returned; a round is over when all have returned.
 */
export type Contender = Role | readonly Role[];

/** Returns the figure, unless `start()` and `stop()` give it. It throws where the round is worth nothing: an event is missing, say. */
export type Role = (round: Round) => Promise<number> | Promise<void>;

export interface Round {
  /** How many to move; fewer than the group says with `--quick`. */
  readonly events: number;
  /** New in every round: a topic, a database, a channel that nobody else uses. */
  readonly name: string;
  readonly urls: Urls;
  /** The next role may start: whatever it sends now will be received here. */
  ready(): void;
  /** The clock starts; called twice, or in several tabs, the first counts. */
  start(): void;
  /** The clock stops; the last call counts. */
  stop(): void;
}
