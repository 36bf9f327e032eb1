import { StreamError } from './errors.js';

export type GapReason = 'overflow' | 'suspended' | 'session_lost' | 'sequence' | 'retention' | 'corrupt';

/** News that messages are missing here, and why; without a number, nobody knows how many. */
export function gap(reason: GapReason, missed?: number, topic?: string): StreamError {
  return new StreamError('gap', `${missed ?? 'Some'} missing here (${reason})`, { reason, missed, topic });
}

export function isGap(news: unknown): news is StreamError {
  return news instanceof StreamError && news.code === 'gap';
}

/** Two gaps side by side as one; undefined when they are not of one kind. */
export function mergeGaps(a: unknown, b: unknown): StreamError | undefined {
  if (!isGap(a) || !isGap(b)) return undefined;
  const { reason, missed, topic } = a.details as Partial<Missing>;
  const other = b.details as Partial<Missing>;
  if (reason !== other.reason || topic !== other.topic) return undefined;
  // An unknown number makes the sum unknown.
  return gap(reason as GapReason, Number(missed) + Number(other.missed) || undefined, topic);
}

interface Missing {
  readonly reason: GapReason;
  readonly missed: number;
  readonly topic: string;
}
