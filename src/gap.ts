import { StreamError } from './errors.js';

export type GapReason = 'overflow' | 'suspended' | 'session_lost' | 'sequence' | 'retention' | 'corrupt';

/** News that messages are missing here, and why; without a number, nobody knows how many. */
export function gap(reason: GapReason, missed?: number, topic?: string): StreamError {
  return new StreamError('gap', `${missed ?? 'An unknown number of'} message(s) missing here (${reason})`, { reason, missed, topic });
}

/** Two gaps side by side as one; undefined when they are not of one kind. */
export function mergeGaps(a: unknown, b: unknown): StreamError | undefined {
  if (!(a instanceof StreamError && b instanceof StreamError) || a.code !== 'gap' || b.code !== 'gap') return undefined;
  const [first, second] = [a.details, b.details];
  if (first.reason !== second.reason || first.topic !== second.topic) return undefined;
  const known = first.missed !== undefined && second.missed !== undefined;
  return gap(
    second.reason as GapReason,
    known ? Number(first.missed) + Number(second.missed) : undefined,
    second.topic as string | undefined,
  );
}
