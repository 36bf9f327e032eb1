/** What the bench and its tabs tell each other. Plain data. */
import type { Urls } from './services.js';

/** Run one role of one contender. */
export interface Order {
  /** The file in `rows/`, without its ending. */
  readonly file: string;
  readonly group: string;
  readonly contender: string;
  readonly role: number;
  readonly events: number;
  readonly name: string;
  readonly urls: Urls;
}

/** Times in milliseconds since 1970, so that those of two tabs can be compared. */
export interface Outcome {
  readonly started?: number | undefined;
  readonly stopped?: number | undefined;
  readonly figure?: number | undefined;
  readonly error?: string | undefined;
}
