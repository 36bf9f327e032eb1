/** A filter as a tree of parts: what page and worker both evaluate, a batch at a time. No knowledge of either. */

import { after } from '../after.js';
import type { Metadata } from '../events.js';
import { openGate, type Verdict } from '../filter.js';
import type { Filter } from '../protocols.js';

/** One for each event, in order: drop it, keep it, or why that could not be said. */
export type Answers = readonly Verdict[];

/** Since the part was made. */
export interface Cost {
  /** Events that it was asked about. */
  seen: number;
  dropped: number;
  /** Events that it failed on. */
  failed: number;
  /** Milliseconds from question to answer. */
  ms: number;
}

export interface Tree {
  /** `'any'`, `'all'`, `'not'`, or the filter's own name. */
  readonly name: string;
  readonly parameters?: unknown;
  readonly parts: readonly this[];
  readonly cost: Cost;
}

/** Never rejects: what cannot be answered has an error in its place. */
export type Ask = (metadata: readonly Metadata[]) => Answers | Promise<Answers>;

export interface Asked extends Tree {
  /** Asked in place of its parts. */
  readonly ask?: Ask;
}

export const noCost = (): Cost => ({ seen: 0, dropped: 0, failed: 0, ms: 0 });

/** Asks each part only about what those before it left open. A part that fails decides nothing; where no other part decides, the answer is its error. */
export function judge(tree: Asked, metadata: readonly Metadata[]): Answers | Promise<Answers> {
  const started = performance.now();
  return after(decide(tree, metadata), (answers) => {
    note(tree.cost, answers, performance.now() - started);
    return answers;
  });
}

/** `any` is decided by the first true, `all` by the first false. */
function decide({ name, parts, ask }: Asked, metadata: readonly Metadata[]): Answers | Promise<Answers> {
  if (ask) return ask(metadata);
  if (name === 'not') return after(judge(parts[0] as Asked, metadata), (answers) => answers.map(opposite));
  const deciding = name === 'any';
  const answers: Verdict[] = metadata.map(() => !deciding);
  let open = [...metadata.keys()];
  const from = (index: number): Answers | Promise<Answers> => {
    const part = parts[index];
    if (!part || open.length === 0) return answers;
    const asked = open.map((at) => metadata[at] as Metadata);
    return after(judge(part, asked), (given) => {
      open = open.filter((at, i) => {
        const answer = given[i] as Verdict;
        if (answer !== !deciding) answers[at] = answer;
        return answer !== deciding;
      });
      return from(index + 1);
    });
  };
  return from(0);
}

function opposite(answer: Verdict): Verdict {
  return typeof answer === 'boolean' ? !answer : answer;
}

export function note(cost: Cost, answers: Answers, ms: number): void {
  cost.seen += answers.length;
  cost.ms += ms;
  for (const answer of answers) {
    if (answer === true) cost.dropped++;
    else if (answer !== false) cost.failed++;
  }
}

/** Whoever waits for the answers has a deadline of their own. */
const NO_DEADLINE = 2 ** 31 - 1;

/** Whatever the filter does, there is an answer for each event; at once when it answers at once. Throws `TypeError` for what is no filter. */
// biome-ignore lint/suspicious/noExplicitAny: filters of every kind of metadata
export function asking(filter: Filter<any>): Ask {
  return openGate({ filter: filter ?? null, onFilterError: 'throw', filterTimeoutMs: NO_DEADLINE });
}
