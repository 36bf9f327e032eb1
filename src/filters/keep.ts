import type { Filter } from '../protocols.js';

/** For those who think in `Array.filter`: keeps what the predicate says yes to, drops the rest. Of a filter, it is the opposite (`not` says that better). */
// biome-ignore lint/suspicious/noExplicitAny: metadata is whatever the producer said
export function keep<M = Record<string, any>>(predicate: (metadata: M) => boolean | Promise<boolean>): Filter<M> {
  const filter: Filter<M> = (metadata) => {
    const kept = predicate(metadata);
    return typeof kept === 'boolean' ? !kept : negate(kept);
  };
  // A filter that is asked in batches would be slow, or run elsewhere, one by one.
  const { batch } = predicate as Filter<M>;
  if (batch) filter.batch = async (metadata) => opposites(await batch(metadata));
  return filter;
}

async function negate(answer: Promise<boolean>): Promise<boolean> {
  return opposite(await answer);
}

function opposites(answers: readonly boolean[]): readonly boolean[] {
  return Array.isArray(answers) ? answers.map(opposite) : answers;
}

/** A sloppy truthy value must stay recognisable as no answer at all. */
function opposite(kept: boolean): boolean {
  return typeof kept === 'boolean' ? !kept : kept;
}
